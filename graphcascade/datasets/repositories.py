"""GitHub repositories of the published files, each at a fixed commit."""

from __future__ import annotations

from dataclasses import dataclass

from graphcascade.datasets.remote_file import RemoteFile

__all__ = ["DEEP_HAWKES", "DIFFNET", "FOREST", "HIDAN", "MS_HGAT", "NDM", "SMP_VIDEO", "TOPO_LSTM", "Repository"]


@dataclass(frozen=True)
class Repository:
    """A GitHub repository.

    Args:
        name: Owner and name, "owner/name".
        commit: Hash of the commit.
    """

    name: str
    commit: str

    @property
    def address(self) -> str:
        """Address of the repository's web page."""
        return f"https://github.com/{self.name}"

    def file(
        self,
        path: str,
        local: str,
        sha256: str | None = None,
        git_blob: str | None = None,
        size: int | None = None,
    ) -> RemoteFile:
        """Returns the file at ``path``; the other arguments are those of :class:`RemoteFile`."""
        url = f"https://raw.githubusercontent.com/{self.name}/{self.commit}/{path}"
        return RemoteFile(path.rpartition("/")[2], url, local, sha256, git_blob, size)


NDM = Repository("albertyang33/NeuralDiffusionModel", "51b2985f5adf4ec8fe2f4a8e2af602c26caa7767")
TOPO_LSTM = Repository("vwz/topolstm", "518b78943c4cf8de63ab9f1850cc103503612e6b")
MS_HGAT = Repository("slingling/MS-HGAT", "825b5c250da1f5c135284e2a59438499991f433c")
FOREST = Repository("albertyang33/FOREST", "637c7480db98944a7b79395e49ad144f8eed4dba")
HIDAN = Repository("zhitao-wang/Hierarchical-Diffusion-Attention-Network", "62211c823dbd7ea4548b8f2e83fb11cd680389c5")
SMP_VIDEO = Repository("Joe1007/SMP2025VideoTrack", "e99dd2301b922372b1b8104d3173c1b647475b49")
DEEP_HAWKES = Repository("clava2/DeepHawkesInPytorch", "abf11b507021ae520880fcd00f7185517684ad00")
DIFFNET = Repository("yanzhenxing123/DiffNet-SP", "185616704df3861a9bca6caa4140c3f8679c49fb")
