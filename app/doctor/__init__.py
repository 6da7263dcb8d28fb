"""Everything that could stop a start, looked at before one."""
