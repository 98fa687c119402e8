"""Whether a person or a machine did it, or nobody can tell: facts of the request, judged by versioned rules."""
