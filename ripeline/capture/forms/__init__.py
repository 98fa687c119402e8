"""Forms: what is asked, on a page of ours, in a frame, or on a form that a site has already; and what comes of it."""
