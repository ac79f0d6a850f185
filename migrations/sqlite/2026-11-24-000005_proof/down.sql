DROP TABLE audit_checkpoint;
DROP TABLE audit_value;
DROP TABLE audit_event;
DROP TABLE exposure;
DROP TABLE allocation;
