"""Builds the programs of a control plane from their Go modules, once: the cache is keyed by
version, so a change of version here is a rebuild there.

Needs the Go toolchain and its configured module proxy only while something is missing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "cluster"

KUBERNETES = "v1.34.2"
STAGING = "v0.34.2"  # the version that k8s.io/X modules of that Kubernetes are published under
ETCD = "v3.6.5"
ROLLOUTS = "v1.10.1"


class CannotBuildError(Exception):
    """A program is missing and cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the built programs lie."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    kubectl: Path
    rollouts: Path
    plugin: Path
    manifests: Path
    """The controller's own manifests: CRDs and RBAC as the release ships them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One module, what is built from it, and how its sources are laid out."""

    name: str
    module: str
    version: str
    commands: tuple[str, ...]
    lay_out: Callable[[Recipe, Path], None]
    link: str = ""
    """Flags for the linker."""

    @property
    def home(self) -> Path:
        """The folder of the finished programs."""
        return CACHE / "programs" / f"{self.name}-{self.version}"


def provide() -> Programs:
    """Build what is missing and say where everything is."""
    for recipe in RECIPES:
        if not recipe.home.is_dir():
            _build(recipe)
    kubernetes, kubectl, etcd, rollouts = (recipe.home for recipe in RECIPES)
    return Programs(
        etcd=etcd / "server",
        apiserver=kubernetes / "kube-apiserver",
        controller_manager=kubernetes / "kube-controller-manager",
        kubectl=kubectl / "kubectl",
        rollouts=rollouts / "rollouts-controller",
        plugin=rollouts / "kubectl-argo-rollouts",
        manifests=rollouts / "manifests",
    )


def _build(recipe: Recipe) -> None:
    """Build one recipe beside its home and move it there when it is whole."""
    if shutil.which("go") is None:
        raise CannotBuildError(
            f"{recipe.name} {recipe.version} is not in {CACHE} and the Go toolchain is not on PATH:"
            " install Go >= 1.26 to run the cluster tests"
        )
    print(f"building {recipe.name} {recipe.version}", file=sys.stderr, flush=True)  # noqa: T201 - minutes pass
    work = CACHE / "building" / recipe.name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    recipe.lay_out(recipe, work)
    output = work / "bin"
    output.mkdir()
    _go(
        work,
        "build",
        "-trimpath",
        f"-ldflags=-s -w {recipe.link}",
        "-o",
        f"{output}/",
        *recipe.commands,
    )
    if (work / "manifests").is_dir():
        shutil.copytree(work / "manifests", output / "manifests")
    recipe.home.parent.mkdir(parents=True, exist_ok=True)
    output.rename(recipe.home)
    shutil.rmtree(work)


def _scratch(recipe: Recipe, work: Path) -> None:
    """A module of our own that requires the recipe's. A replacement inside a required module does
    not count for the one that requires it, so the staging modules are replaced here."""
    source = _download(recipe)
    staged = re.findall(
        r"^\s*(k8s\.io/\S+) v0\.0\.0$", (source / "go.mod").read_text(), re.MULTILINE
    )
    lines = [
        "module programs",
        f"go {_go(work, 'env', 'GOVERSION').removeprefix('go').strip()}",
        f"require {recipe.module} {recipe.version}",
        *(f"replace {module} => {module} {STAGING}" for module in staged),
    ]
    (work / "go.mod").write_text("\n".join(lines) + "\n")
    shutil.copy(source / "go.sum", work / "go.sum")
    imports = "".join(f'import _ "{command}"\n' for command in recipe.commands)
    (work / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}")


def _checkout(recipe: Recipe, work: Path) -> None:
    """The module's own sources, where its `replace` directives count. The plugin embeds a web
    interface that the module does not carry: one empty page stands for it."""
    shutil.copytree(_download(recipe), work, dirs_exist_ok=True)
    for path in (work, *work.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    for embedding in work.rglob("*.go"):
        for pattern in re.findall(r"^\s*//go:embed (\S+)/\*", embedding.read_text(), re.MULTILINE):
            folder = embedding.parent / pattern
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "index.html").touch()


def _download(recipe: Recipe) -> Path:
    """The module's sources in Go's module cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    answer = _go(CACHE, "mod", "download", "-json", f"{recipe.module}@{recipe.version}")
    return Path(json.loads(answer)["Dir"])


def _go(folder: Path, *arguments: str) -> str:
    """Run the Go tool at low priority. The checksum database is not asked: it is not reachable
    everywhere, and each release's own go.sum pins what it uses."""
    environment = os.environ | {
        "GOSUMDB": "off",
        "GOFLAGS": "-mod=mod -buildvcs=false",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    ran = subprocess.run(
        ["nice", "-n", "10", "go", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise CannotBuildError(f"go {' '.join(arguments)} failed: {ran.stderr.strip()[-2000:]}")
    return ran.stdout


# A chart may ask for a version of Kubernetes: the server must know its own.
_KNOWS_ITSELF = f"-X k8s.io/component-base/version.gitVersion={KUBERNETES}"

RECIPES = (
    Recipe(
        "kubernetes",
        "k8s.io/kubernetes",
        KUBERNETES,
        ("k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        _scratch,
        _KNOWS_ITSELF,
    ),
    Recipe(
        "kubectl",
        "k8s.io/kubernetes",
        KUBERNETES,
        ("k8s.io/kubernetes/cmd/kubectl",),
        _scratch,
        _KNOWS_ITSELF,
    ),
    Recipe("etcd", "go.etcd.io/etcd/server/v3", ETCD, ("go.etcd.io/etcd/server/v3",), _scratch),
    Recipe(
        "rollouts",
        "github.com/argoproj/argo-rollouts",
        ROLLOUTS,
        ("./cmd/rollouts-controller", "./cmd/kubectl-argo-rollouts"),
        _checkout,
    ),
)

if __name__ == "__main__":
    provide()
