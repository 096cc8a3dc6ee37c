"""Static files by content: every name carries a digest, also the names in the imports of JavaScript modules."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """Rewrites `import ... from "./x.js"` as it does `url(...)`: no browser mixes two versions of the modules."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 10  # modules import modules
