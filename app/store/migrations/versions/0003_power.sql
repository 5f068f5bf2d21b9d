-- What stations hold for us: local lists, reservations, charging profiles, tariffs and grid controls.

SELECT 1;
