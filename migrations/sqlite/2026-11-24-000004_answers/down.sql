DROP TABLE alert_entry;
DROP TABLE alert;
DROP TABLE response_version;
DROP TABLE response;
DROP TABLE assessment;
