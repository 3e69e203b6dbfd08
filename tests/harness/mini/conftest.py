pytest_plugins = ["kata.plugin.hooks"]
