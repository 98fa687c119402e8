"""The door for events: `/v1/*` as Segment's tracking API. A 200 means that the event is on disk, as an Arrival."""
