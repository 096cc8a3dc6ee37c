"""The package can be imported anywhere: without Django, and without anything happening."""

import subprocess
import sys

BLOCK_AND_IMPORT = """
import importlib, importlib.abc, os, pkgutil, random, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "rest_framework", "evalsite"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
environment, files = dict(os.environ), sorted(os.listdir("."))
import sklearn.feature_extraction.text, torch  # scikit-learn itself draws when imported
random.seed(5)
state = random.getstate()
torch.manual_seed(5)
drawn = torch.random.get_rng_state()
threads = torch.get_num_threads()

import generation
count = 0
for module in pkgutil.walk_packages(generation.__path__, "generation."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        count += 1
assert dict(os.environ) == environment, "an import wrote to the environment"
assert sorted(os.listdir(".")) == files, "an import wrote files"
assert random.getstate() == state and torch.equal(torch.random.get_rng_state(), drawn), "an import drew or seeded"
assert torch.get_num_threads() == threads and not torch.cuda.is_initialized()
assert not {"django", "rest_framework", "evalsite"} & set(sys.modules)
print(count)
"""


def test_every_module_imports_without_django_and_does_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", BLOCK_AND_IMPORT], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 25
