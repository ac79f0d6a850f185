DROP TABLE session;
DROP TABLE secret;
DROP TABLE account;
