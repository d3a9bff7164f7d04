"""Chooses and checks the run folder of a training command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from graphcascade.trainers.run_folder import RunFolder

__all__ = ["check_folder", "open_folder", "restore_run"]


def open_folder(out: Path | None, name: str, resume: bool, overwrite: bool) -> RunFolder:
    """Returns the folder of the run: --out, or one named after data and model."""
    from graphcascade.trainers.run_folder import RunFolder

    if out is not None:
        return RunFolder(out)
    if resume:
        raise UsageError(
            argument="resume",
            reason="the run folder is not known; name its config.json with --config, or add",
            remedy=("out", f"runs/{name}"),
        )
    path = Path("runs") / name
    return RunFolder(path) if overwrite else RunFolder.create(path)


def check_folder(run: RunFolder, resume: bool, overwrite: bool, in_epochs: bool) -> None:
    """Raises an error if the folder has a run that is neither resumed nor replaced, or none to resume.

    Args:
        run: The folder.
        resume: Whether to continue the run.
        overwrite: Whether to replace the run.
        in_epochs: Whether the model of the command is trained in epochs.
    """
    if resume and not (run.path / "config.json").exists():
        raise UsageError(argument="resume", reason=f"{run.path} has no run to continue; leave it out")
    if not run.has_run and run.path.is_dir() and any(not path.name.startswith(".") for path in run.path.iterdir()):
        raise UsageError(
            argument="out",
            value=run.path,
            reason="this folder has other files and no run; choose another folder, or a new one",
        )
    if run.has_run and not (resume or overwrite):
        can_resume = in_epochs and (run.has_checkpoint or not run.has_result)
        ways = ["--resume continues it, "] * can_resume + ["--overwrite replaces it, and another folder keeps it"]
        raise UsageError(argument="out", value=run.path, reason=f"this folder has a run already; {''.join(ways)}")


def restore_run(path: Path) -> None:
    """Restores the earlier run of a folder if the run that was to replace it was killed in its first epoch."""
    from graphcascade.processes import broadcast_from_first

    if not broadcast_from_first(any((path / name).exists() for name in (".replacing", ".replaced"))):
        return
    from graphcascade.trainers.run_folder import RunFolder

    with RunFolder(path).lock():
        pass
