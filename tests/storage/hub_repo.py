"""A dataset on the loopback Hub: its commits, its files, and its large files that outlive a commit."""

import base64
import hashlib
import json
from dataclasses import dataclass, field


@dataclass
class Repo:
    """`commits` hold all files of each moment, the newest last. Blobs are kept by SHA-256, those in `lfs` as LFS."""

    name: str
    private: bool = False
    commits: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    lfs: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self):
        self._add(
            "initial commit",
            {
                ".gitattributes": self._keep(
                    b"*.parquet filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs diff=lfs merge=lfs -text\n"
                )
            },
        )

    @property
    def head(self):
        return self.commits[-1][0]

    @property
    def files(self):
        """What `main` holds, by name."""
        return {path: self.blobs[sha] for path, sha in self.commits[-1][2].items() if sha in self.blobs}

    @property
    def everything(self):
        """All content that anybody could still read: of every commit, and every large file."""
        shas = {sha for _, _, files in self.commits for sha in files.values()} | set(self.lfs)
        return b"".join(self.blobs[sha] for sha in shas if sha in self.blobs)

    def at(self, revision):
        """The files of a revision (`main` or a commit), or `None`."""
        if revision == "main":
            return self.commits[-1][2]
        return next((files for sha, _, files in self.commits if sha == revision), None)

    def sha_of(self, revision):
        return self.head if revision == "main" else revision

    def mode(self, path):
        return "lfs" if path.endswith((".parquet", ".png")) else "regular"

    def is_large(self, sha):
        """Whether it is kept as a large file, or was."""
        return sha in self.lfs or sha not in self.blobs

    def oid(self, sha):
        """What git calls a blob: of a large file, the hash of its content."""
        if self.is_large(sha):
            return sha
        content = self.blobs[sha]
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def entry(self, path, sha):
        size = self.sizes[sha]
        lfs = {"lfs": {"oid": sha, "size": size, "pointerSize": 130}} if self.is_large(sha) else {}
        return {"type": "file", "path": path, "size": size, "oid": self.oid(sha), **lfs}

    def receive(self, sha, content):
        """A large file arrived; no commit names it yet."""
        self.blobs[sha], self.sizes[sha] = content, len(content)
        self.lfs.setdefault(sha, "")

    def put(self, files):
        """A commit of these files, by name, made without any request."""
        self._add("put", {**self.commits[-1][2], **{path: self._keep(content) for path, content in files.items()}})

    def commit(self, body):
        """Apply the lines of a commit. Returns an HTTP status and a message."""
        lines = [json.loads(line) for line in body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit") not in (None, self.head):
            return 412, "A commit has happened since. Please refresh and try again."
        files = dict(self.commits[-1][2])
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = self._keep(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.blobs:
                    return 400, "LFS pointer pointed to a file that does not exist"
                files[value["path"]] = value["oid"]
                self.lfs[value["oid"]] = value["path"]
            elif line["key"] == "deletedFile":
                if value["path"] not in files:
                    return 404, "A file with this name doesn't exist"
                del files[value["path"]]
        self._add(header["summary"], files)
        self.made += 1
        return 200, self.head

    def squash(self):
        self.commits = self.commits[-1:]
        self.commits[0] = (self._sha("squashed"), "squashed", self.commits[0][2])

    def forget(self, shas):
        """Delete large files for good."""
        for sha in shas:
            self.lfs.pop(sha, None)
            self.blobs.pop(sha, None)

    def _keep(self, content):
        sha = hashlib.sha256(content).hexdigest()
        self.blobs[sha], self.sizes[sha] = content, len(content)
        return sha

    def _add(self, message, files):
        self.commits.append((self._sha(message), message, files))

    def _sha(self, message):
        before = self.commits[-1][0] if self.commits else self.name
        return hashlib.sha1(f"{before} {message} {len(self.commits)}".encode()).hexdigest()
