"""Every bound the gateway keeps, each with its reason."""

# A StopTransaction with hours of transactionData reaches several hundred kB in the field; 99 % of messages fit 2 kB.
MAX_FRAME_BYTES = 2 * 1024 * 1024
# OCPP nests at most about eight levels; orjson writes at most 254 and Python's stack ends near 1,000.
MAX_NESTING = 64
# OCPP-J: MessageId is string[36]. OCPP-J 1.6 names no consequence, so a longer id costs no billing record there.
MESSAGE_ID_LENGTH = 36
MESSAGE_ID_LENGTH_TOLERATED_16 = 64
# An action name is never longer in any version; the rest is noise that need not reach a log line.
ACTION_LENGTH = 64
# CALLERROR: description and details together. Some chargers cannot take long frames, and an error that echoes its
# cause lets one charger make us write several times what it sends.
ERROR_TEXT_BYTES = 200
# What one arrival may complain about; the raw frame keeps the rest.
MAX_PROBLEMS = 8
PROBLEM_LENGTH = 120
# A text field longer than its schema allows is kept up to here (field reports: serials of 33, info of 80 characters).
TOLERATED_TEXT = 1000
# A payload is repaired, looked at again, repaired again: deleting a broken part can uncover another.
REPAIR_PASSES = 6

# OCPP 2.x identifierString[48]; longer identities fit no configuration field.
IDENTITY_LENGTH = 48
# Parts of a path that may hold the identity of a station known to append something (a serial number, a whole URL).
IDENTITY_CANDIDATES = 4
# A request path is only recorded for the installer.
PATH_LENGTH = 512
# A password is at most 40 (1.6) or 64 (2.x) characters; hex doubles it.
PASSWORD_BYTES = 256

# Handshakes a process accepts at once and per second: a database look-up each, after a restart everyone returns.
HANDSHAKE_BURST = 5_000
HANDSHAKES_PER_SECOND = 1_000.0
TURNED_AWAY_EVERY_S = 60.0  # one recorded attempt an address, however often it was turned away
TURNED_AWAY_ADDRESSES = 1_000
# What a station refused for load is told to wait.
RETRY_AFTER_S = 10
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 5.0
# A station's second socket that says nothing for so long has taken over; one that closes within it was only tried.
PROBE_LOOKS = 20
PROBE_LOOK_EVERY_S = 0.05
# Frames read ahead of the one being decided; a station has one CALL in flight, so few are enough.
READ_AHEAD_FRAMES = 4
# A peer that reads nothing for so long is gone.
SEND_TIMEOUT_S = 20.0
# Sockets that came before the listener could accept them.
LISTEN_BACKLOG = 1024

# Liveness: any byte counts. NAT tables forget after one to five minutes, so a quiet socket is pinged before that.
SWEEP_EVERY_S = 5.0
PING_AFTER_IDLE_S = 45.0
CLOSE_AFTER_IDLE_S = 150.0
# Some chargers never answer a ping (EVduty): for them only silence far beyond a heartbeat interval proves anything.
CLOSE_AFTER_IDLE_UNPONGED_S = 1_800.0

# A station known to go deaf without a ping a minute gets one twice as often, and at most so late as a sweep is.
PING_OFTEN_EVERY_S = 30.0
# A station known to hang up when asked before its boot is answered is left alone for so long after it connects.
QUIET_S = 30.0

# Commands waiting for one station: a person retries, a machine asks in bulk; nobody waits for the thirty-third.
COMMAND_QUEUE = 32
# A station that has not answered a call by then will not (OCPP names no time; a command may be kept for days before it
# is sent, and the call of such a one must not hold up the others for days).
CALL_PATIENCE_S = 30.0
# Commands given up on whose late answer is still told apart from noise.
REMEMBERED_CALLS = 8
# A station that answers nothing we ask, while it talks itself, is asked to dial again (field: zombie connections).
SILENT_CALLS_BEFORE_CLOSE = 3

# Drain: everyone reconnects elsewhere; closing in slices spares the successor a thundering herd.
DRAIN_BATCH = 200
DRAIN_PAUSE_S = 0.1
DRAIN_TIMEOUT_S = 15.0
