"""The command line: one module a command group, loaded only when it is called. The only place that prints, prompts and exits."""
