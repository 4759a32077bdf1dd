"""When a command is to run again and again, as cron and systemd have it."""
