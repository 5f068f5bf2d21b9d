-- What stations are trusted by: certificates, signing requests, security events, files they hand over.

SELECT 1;
