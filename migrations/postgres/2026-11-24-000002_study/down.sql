DROP TABLE design;
DROP TABLE assignment_site;
DROP TABLE assignment;
DROP TABLE site;
DROP TABLE protocol_text;
DROP TABLE text_file;
DROP TABLE protocol_version;
DROP TABLE study;
