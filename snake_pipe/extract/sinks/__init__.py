"""What is committed goes on to the sinks that the settings name: each in a process of its own, in order."""
