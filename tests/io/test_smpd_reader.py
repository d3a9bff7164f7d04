import json

import numpy as np
import pytest

from graphcascade.data import PostRepairs
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_posts, read_smpd

IDS = [{"Uid": "59@N75", "Pid": "775"}, {"Uid": "7@N02", "Pid": 776}, {"Uid": "59@N75", "Pid": "780"}]
FIELDS = {
    "category": [
        {"Category": "Animal", "Subcategory": "Pets, wild", "Concept": "cat"},
        {"Category": "Travel&Active", "Subcategory": "Sea", "Concept": "boat"},
        {"Category": "Animal", "Subcategory": "Pets, wild", "Concept": "dog"},
    ],
    "text": [
        {"Title": "Sleepy", "Mediatype": "photo", "Alltags": "cat pet sofa"},
        {"Title": None, "Mediatype": "photo", "Alltags": ""},
        {"Title": "", "Mediatype": "video", "Alltags": "dog \n"},
    ],
    "temporalspatial_information": [
        {"Postdate": "1457068974", "Latitude": "0", "Longitude": "", "Geoaccuracy": "0"},
        {"Postdate": 1457068000, "Latitude": "41.25", "Longitude": "-2.5", "Geoaccuracy": 16},
        {"Postdate": "1457069999.0", "Latitude": "", "Longitude": "", "Geoaccuracy": ""},
    ],
    "user_data": [
        {
            "photo_firstdate": "1120000000",
            "photo_count": "12",
            "ispro": "0",
            "canbuypro": "1",
            "timezone_offset": "-05:30",
            "photo_firstdatetaken": "2005-06-28 00:00:00",
            "timezone_timezone_id": "5",
            "user_description": "0.1,0.2",
            "location_description": "\n",
        },
        {
            "photo_firstdate": "None",
            "photo_count": 3,
            "ispro": True,
            "canbuypro": "0",
            "timezone_offset": "+08:00",
            "photo_firstdatetaken": "0000-00-00 00:00:00",
            "timezone_timezone_id": "None",
            "user_description": "",
            "location_description": "",
        },
    ],
    "additional_information": [
        {"Pathalias": "cats", "Ispublic": "1", "Mediastatus": "ready"},
        {"Pathalias": "None", "Ispublic": "0", "Mediastatus": "None"},
        {"Pathalias": "cats", "Ispublic": "1", "Mediastatus": "ready"},
    ],
}
FIELDS["user_data"].append(FIELDS["user_data"][0])
OLD_NAMES = {
    "text": "tags",
    "temporalspatial_information": "temporalspatial",
    "user_data": "userdata",
    "additional_information": "additional",
    "img_filepath": "img",
}


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes the official files; changes replace whole files, ``None`` leaves one out."""

    def make(old=False, part="train", columns=(), **changes):
        folder = tmp_path / "smpd"
        files = {}
        for content, rows in FIELDS.items():
            ids = [{"Uid": row["Uid"]} if content == "user_data" else row for row in IDS]
            records = [{**ids[number], **row} for number, row in enumerate(rows)]
            if content in columns:
                keys = records[0]
                records = {key: {str(row): record[key] for row, record in enumerate(records)} for key in keys}
            files[content] = json.dumps(records)
        files["img_filepath"] = "train/59@N75/775.jpg\n\ntrain/59@N75/780.jpg\n"
        files["label"] = "7.46\n1\n2.58\n"
        for content, text in {**files, **changes}.items():
            if text is None:
                continue
            name = OLD_NAMES.get(content, content) if old else content
            ending = ".txt" if content in ("img_filepath", "label") else ".json"
            path = folder / (f"{part}_{name}{ending}" if content != "user_additional" else "user_additional.csv")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text if isinstance(text, str) else json.dumps(text))
        for name in ("775", "780"):
            image = folder / "train" / "59@N75" / f"{name}.jpg"
            image.parent.mkdir(parents=True, exist_ok=True)
            image.write_bytes(b"picture")
        return folder

    return make


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("columns", [(), ("user_data",), ("category", "text", "temporalspatial_information")])
def test_both_generations_and_both_forms_are_read_alike(write, old, columns):
    folder = write(old=old, columns=columns)
    stream = read_posts(folder)
    assert stream.post_ids.tolist() == ["776", "775", "780"]
    assert [stream.user_ids[user] for user in stream.user] == ["7@N02", "59@N75", "59@N75"]
    assert stream.time.tolist() == [1457068000.0, 1457068974.0, 1457069999.0]
    assert stream.y.tolist() == pytest.approx([1.0, 7.46, 2.58])
    names = [[stream.category_ids[number] for number in row] for row in stream.ancestors[stream.category].tolist()]
    assert names == [
        ["Travel&Active", "Sea", "boat"],
        ["Animal", "Pets, wild", "cat"],
        ["Animal", "Pets, wild", "dog"],
    ]
    assert stream["post"].text.tolist() == ["", "cat pet sofa", "dog"]
    assert stream["post"].title.tolist() == ["", "Sleepy", ""]
    images = ["", str(folder / "train/59@N75/775.jpg"), str(folder / "train/59@N75/780.jpg")]
    assert stream["post"].image.tolist() == images
    numbers = dict(zip(stream.number_names, stream.numbers.T.nan_to_num(-99).tolist(), strict=True))
    assert numbers == {
        "is_public": [0.0, 1.0, 1.0],
        "is_pro": [1.0, 0.0, 0.0],
        "can_buy_pro": [0.0, 1.0, 1.0],
        "latitude": [41.25, 0.0, -99.0],
        "longitude": [-2.5, -99.0, -99.0],
        "geo_accuracy": [16.0, 0.0, -99.0],
        "timezone_offset": [8.0, -5.5, -5.5],
        "first_photo": [-99.0, 1120000000.0, 1120000000.0],
        "first_photo_taken": [-99.0, 1119916800.0, 1119916800.0],
        "photo_count": [3.0, 12.0, 12.0],
    }
    assert stream.crawl_time_names == ("is_pro", "can_buy_pro", "photo_count")
    assert stream.repairs == PostRepairs(posts_out_of_order=1)
    assert (stream.time_unit, stream.name) == ("s", "smpd")


def test_files_may_be_in_a_folder_in_the_folder_and_the_optional_ones_absent(write, tmp_path):
    absent = dict.fromkeys(("text", "user_data", "additional_information", "img_filepath", "label"))
    folder = write(**absent)
    stream = read_smpd(tmp_path)
    assert (stream.num_posts, stream.targets.numel()) == (3, 0)
    assert stream.number_names == ("latitude", "longitude", "geo_accuracy")
    assert read_smpd(folder, name="mine").name == "mine"


def test_the_test_part_has_no_labels(write):
    folder = write(part="test", label=None)
    assert read_smpd(folder, part="test").targets.numel() == 0
    with pytest.raises(MissingFileError, match=r"there is no train_category\.json and no train_temporalspatial_inf"):
        read_smpd(folder)


@pytest.mark.parametrize(
    ("rows", "views", "followers"),
    [
        # One row for each user, by alias or else by id; numbers that are not known are empty.
        ("0,cats,90,\n1,7@N02,5,8\n", [5.0, 90.0, 90.0], [8.0, -99.0, -99.0]),
        # One row for each post, in the order of the files.
        ("0,cats,90,4\n1,None,5,8\n2,cats,91,4\n", [5.0, 90.0, 91.0], [8.0, 4.0, 4.0]),
        # A user without a row.
        ("0,cats,90,4\n", [-99.0, 90.0, 90.0], [-99.0, 4.0, 4.0]),
    ],
)
def test_crawled_fields_belong_to_users_or_posts_and_are_marked(write, rows, views, followers):
    stream = read_smpd(write(user_additional="index,Pathalias,totalViews,followerCount\n" + rows))
    numbers = dict(zip(stream.number_names, stream.numbers.T.nan_to_num(-99).tolist(), strict=True))
    assert (numbers["total_views"], numbers["followers"]) == (views, followers)
    assert stream.crawl_time_names == ("is_pro", "can_buy_pro", "photo_count", "total_views", "followers")


def test_addresses_of_images_are_not_images(write):
    lines = "https://live.staticflickr.com/1/2.jpg\n" * 3
    assert read_smpd(write(old=True, img_filepath=lines))["post"].image.tolist() == ["", "", ""]


def test_missing_images_are_an_error_or_are_counted(write):
    folder = write()
    (folder / "train" / "59@N75" / "780.jpg").write_bytes(b"")
    with pytest.raises(MissingFileError, match=r"img_filepath\.txt, line 3: the image .*780\.jpg is an empty file"):
        read_smpd(folder)
    stream = read_smpd(folder, missing_images="placeholder")
    assert stream.repairs.missing_images == 1
    assert stream["post"].has_image.tolist() == [False, True, False]


def rows(content, **changes):
    """Returns the rows of a file in which the second one is changed."""
    records = [{**IDS[number], **row} for number, row in enumerate(FIELDS[content])]
    records[1] = {**records[1], **changes}
    return records


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"label": "7.46\n1\n"}, r"train_label\.txt: has 2 rows, and train_category\.json has 3"),
        ({"label": "7.46\n1\n2.58\n3\n"}, r"train_label\.txt: has 4 rows, and train_category\.json has 3"),
        ({"label": "7.46\nmuch\n2.58\n"}, r"train_label\.txt, line 2: 'much' is not a number"),
        ({"label": "7.46\n\n2.58\n"}, r"train_label\.txt, line 2: '' is not a number; write nan if it is unknown"),
        ({"label": "7.46\ninf\n2.58\n"}, r"row 2: the label is not finite"),
        ({"text": rows("text")[:2]}, r"train_text\.json: has 2 rows, and train_category\.json has 3"),
        ({"text": rows("text", Pid="779")}, r"train_text\.json, row 2: the Pid '779' differs from '776' in train_cat"),
        ({"text": rows("text", Uid="x")}, r"train_text\.json, row 2: the Uid 'x' differs from '7@N02'"),
        ({"text": rows("text", Title=3)}, r"train_text\.json, row 2: the Title 3 is not a text"),
        ({"category": rows("category", Pid=None)}, r"row 2: the Pid id is missing"),
        (
            {"category": rows("category", Concept="cat")},
            r"row 2: the category 'cat' is below 'Sea', but below 'Pets",
        ),
        (
            {"temporalspatial_information": rows("temporalspatial_information", Postdate="")},
            r"row 2: the time is missing",
        ),
        (
            {"temporalspatial_information": rows("temporalspatial_information", Latitude="north")},
            r"train_temporalspatial_information\.json, row 2: the Latitude 'north' is not a number",
        ),
        ({"text": "[{'Uid'"}, r"train_text\.json: not JSON"),
        ({"text": "[]"}, r"train_text\.json: empty; it contains no post"),
        ({"text": "3"}, r"train_text\.json: neither a list of records"),
        ({"text": "[3]"}, r"train_text\.json, row 1: '3' is not an object"),
        (
            {"text": [{**IDS[0], "Title": ""}, IDS[1], IDS[2]]},
            r"row 2: the key 'Title' is in this row or",
        ),
        ({"text": {"Uid": {"0": "a", "2": "b"}}}, r"column 'Uid' has 2 rows, but none with the number 1"),
        ({"text": {"Uid": {"0": "a"}, "Title": {}}}, r"the column 'Title' has 0 rows, and others have 1"),
        (
            {"img_filepath": "a.jpg\n../b.jpg\nc.jpg\n"},
            r"filepath\.txt, line 2: the path '\.\./b\.jpg' leaves",
        ),
        ({"img_filepath": "a.jpg\n"}, r"train_img_filepath\.txt: has 1 rows, and train_category\.json has 3"),
        ({"user_additional": "name,totalViews\ncats,1\n"}, r"user_additional\.csv: there is no column 'Pathalias'"),
        ({"tags": rows("text")}, r"the file of the content 'text' exists twice, as train_tags\.json and train_text"),
    ],
)
def test_bad_files_are_errors(write, changes, problem):
    with pytest.raises(DataError, match=problem):
        read_smpd(write(**changes), missing_images="placeholder")


def test_a_repeated_post_and_blank_lines_at_the_end(write):
    others = dict.fromkeys(("text", "temporalspatial_information", "additional_information"))
    times = [{"Postdate": number} for number in range(3)]
    with pytest.raises(DataError, match=r"row 2: the post id '775' occurs before, at .*category\.json, row 1"):
        read_smpd(write(**{**others, "temporalspatial_information": times, "category": rows("category", Pid="775")}))
    assert read_smpd(write(label="1\nnan\n2\n\n")).y.nan_to_num(-1).tolist() == [-1.0, 1.0, 2.0]


def test_bad_arguments_are_errors(write, tmp_path):
    with pytest.raises(UsageError, match="part='val': use 'train' or 'test'"):
        read_smpd(write(), part="val")
    with pytest.raises(MissingFileError, match="nothing: there is no such folder"):
        read_smpd(tmp_path / "nothing")
    with pytest.raises(MissingFileError, match=r"train_label\.txt: this is a file; give the folder"):
        read_smpd(write() / "train_label.txt")


def test_a_concept_of_two_parents_can_be_two_categories(write):
    stream = read_smpd(write(category=rows("category", Concept="cat")), category_ids="path")
    assert stream.category_ids[stream.category[0]] == "Travel&Active > Sea > cat"
    assert np.unique(stream.category.numpy()).size == 3
