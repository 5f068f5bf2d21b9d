-- What stations report of themselves: variables, monitors, events, messages, campaigns of firmware and logs.

SELECT 1;
