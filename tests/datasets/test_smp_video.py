import json

import pytest

from graphcascade.datasets import SMPVideo, load_posts
from graphcascade.errors import UsageError

USER = {"user_following_count": 1, "user_follower_count": 20, "user_likes_count": 3, "user_video_count": 4}
VIDEO = {"video_height": 1024, "video_width": 576, "video_duration": 60, "music_duration": 9}


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def post(pid, uid, time, tags, language="en"):
    return {
        "pid": pid,
        "uid": uid,
        "post_content": tags,
        "post_location": "US",
        "post_suggested_words": tags.split(",")[1:],
        "post_text_language": language,
        "post_time": time,
    }


def contents():
    train = [
        *(post(f"P{number}", "U1", f"2023-01-0{number + 2} 10:00", "sea,fyp") for number in range(5)),
        post("P8", "U1", "2023-01-01 10:00", "fyp,rare"),
        post("P9", "U2", "2023-02-01 10:00", "sun", "un"),
    ]
    test = [post("P7", "U1", "2023-09-01 00:00", "")]
    videos = [{"pid": row["pid"], **VIDEO, "video_duration": number} for number, row in enumerate([*train, *test])]
    files = {
        "posts_train": lines(*train),
        "posts_test": lines(*test),
        "users_train": lines(*({"uid": uid, **USER, "user_digg_count": 7} for uid in ("U2", "U1"))),
        "users_test": lines({"uid": "U1", **USER, "user_digg_count": 7}),
        "videos_train": lines(*videos[:7]),
        "videos_test": lines(videos[7]),
        "popularity_train": lines(*({"pid": row["pid"], "popularity": 2.5 + k} for k, row in enumerate(train[::-1]))),
    }
    return {f"SMP-Video_anonymized_{name}.jsonl": text for name, text in files.items()}


def test_posts_labels_users_and_videos_are_joined_by_their_ids(publish, tmp_path):
    publish(SMPVideo, contents())
    stream = SMPVideo(tmp_path)[0]
    assert stream.post_ids.tolist() == ["P8", "P0", "P1", "P2", "P3", "P4", "P9", "P7"]
    assert stream.y.nan_to_num(-1).tolist() == [3.5, 8.5, 7.5, 6.5, 5.5, 4.5, 2.5, -1.0]
    assert stream.time[0] == 1672567200.0
    assert stream.user_ids.tolist() == ["U1", "U2"]
    assert stream.number_names[:5] == ("followers", "following", "likes", "videos", "likes_given")
    assert stream.crawl_time_names == (*stream.number_names[:5], "suggested_words")
    assert stream.numbers[0].tolist() == [20.0, 1.0, 3.0, 4.0, 7.0, 1024.0, 576.0, 5.0, 9.0, 1.0]
    assert stream.numbers[:, 9].tolist() == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert stream.numbers[:, 7].tolist() == [5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0]
    assert stream["post"].text.tolist() == ["fyp rare", *["sea fyp"] * 5, "sun", ""]
    assert (stream.num_categories, stream.name, stream.time_unit) == (0, "smp_video", "s")
    assert SMPVideo.availability(tmp_path) == "raw"


def test_categories_are_made_of_language_place_and_the_most_frequent_tag_of_training(publish, tmp_path):
    publish(SMPVideo, contents())
    stream = SMPVideo(tmp_path, categories="made")[0]
    names = [stream.category_ids[number] for number in stream.category]
    # Of the first five labelled posts, five have "fyp" and four "sea".
    assert names == [*["language en > place US > tag fyp"] * 6, "language un > place US", "language en > place US"]
    assert stream.level.tolist() == [0, 0, 1, 1, 2]
    assert stream.name == "smp_video_made"
    assert load_posts("smpvideomade", tmp_path).category.equal(stream.category)
    assert load_posts("smpvideomade", tmp_path).name == "SMPVideoMade"


def test_unknown_categories_are_an_error(tmp_path):
    with pytest.raises(UsageError, match="categories='all': use 'none' or 'made'"):
        SMPVideo(tmp_path, categories="all")


@pytest.mark.real_data
def test_figures_match_those_of_the_files(real_files, tmp_path):
    stream = SMPVideo(tmp_path)[0]
    figures = stream.describe()
    assert (figures["posts"], figures["users"], figures["posts with a label"]) == (6_000, 5_164, 4_000)
    assert (figures["mean of the labels"], figures["smallest label"], figures["largest label"]) == (8.2602, 1.22, 13.35)
    assert (figures["posts without text"], figures["missing numbers"]) == (91, 0)
    train, val, test = stream.splits()
    assert [part.targets.numel() for part in (train, val, test)] == [3_200, 400, 400]
    unseen = ~train.seen[stream.user[test.targets]]
    assert round(float(unseen.double().mean()), 4) == 0.9275
    made = SMPVideo(tmp_path, categories="made")[0]
    assert made.depth == 3
    assert bool((made.category >= 0).all())
