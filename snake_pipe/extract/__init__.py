"""The engine: files in, tables out. `batch_processor` is where to begin reading."""
