"""Events that ClickHouse refuses, and settings with which they die soon."""

POISON = "poison"  # the player of such an event
REFUSE = f"ALTER TABLE events ADD CONSTRAINT no_poison CHECK ifNull(player_id, '') != '{POISON}'"
ACCEPT = "ALTER TABLE events DROP CONSTRAINT no_poison"
QUICK = {"RETRY_FIRST_DELAY": "50ms", "RETRY_MAX_DELAY": "200ms", "RETRY_MAX_ATTEMPTS": "3"}
