"""The asynchronous client. ``cargo xtask codegen`` generates the synchronous client, ``_sync``, from these modules."""
