-- A store as the first version wrote it. Never edited: every later version is migrated from this.
PRAGMA page_size = 1024;
PRAGMA application_id = 1396917330;
PRAGMA journal_mode = WAL;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE areas (path TEXT NOT NULL, name TEXT NOT NULL, level TEXT NOT NULL, PRIMARY KEY (path));
CREATE TABLE audit (id INTEGER NOT NULL, at DOUBLE NOT NULL, actor TEXT NOT NULL, "action" TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_audit_at ON audit (at);
CREATE TABLE boots (stream INTEGER NOT NULL, boot TEXT NOT NULL, anchor DOUBLE, skew DOUBLE,
    first_heard DOUBLE NOT NULL, last_heard DOUBLE NOT NULL, PRIMARY KEY (stream, boot)) WITHOUT ROWID;
CREATE TABLE chunks (id INTEGER NOT NULL, stream INTEGER NOT NULL, previous INTEGER NOT NULL, stored DOUBLE NOT NULL,
    newest DOUBLE NOT NULL, since DOUBLE NOT NULL, until DOUBLE NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id));
CREATE TABLE credentials (digest TEXT NOT NULL, machine TEXT NOT NULL, issued DOUBLE NOT NULL,
    first_used DOUBLE NOT NULL, revoked DOUBLE NOT NULL, PRIMARY KEY (digest));
CREATE INDEX ix_credentials_machine ON credentials (machine);
CREATE TABLE enrolments (id INTEGER NOT NULL, machine TEXT NOT NULL, token TEXT NOT NULL, egress TEXT NOT NULL,
    at DOUBLE NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_enrolments_machine ON enrolments (machine);
CREATE INDEX ix_enrolments_token ON enrolments (token);
CREATE TABLE journal (id INTEGER NOT NULL, stream INTEGER NOT NULL, previous INTEGER NOT NULL,
    received DOUBLE NOT NULL, heading BLOB NOT NULL, live BLOB, body BLOB NOT NULL, PRIMARY KEY (id));
CREATE TABLE latest (stream INTEGER NOT NULL, heard DOUBLE NOT NULL, received DOUBLE NOT NULL, heading BLOB NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (stream));
CREATE TABLE machines (id TEXT NOT NULL, school TEXT NOT NULL, site TEXT NOT NULL, room TEXT NOT NULL,
    alias TEXT NOT NULL, seat INTEGER NOT NULL, state TEXT NOT NULL, fingerprint BLOB NOT NULL,
    enrolled DOUBLE NOT NULL, conflict BOOLEAN NOT NULL, pending_reason TEXT NOT NULL, PRIMARY KEY (id),
    CONSTRAINT one_alias_in_a_school UNIQUE (school, alias));
CREATE TABLE rooms (path TEXT NOT NULL, school TEXT NOT NULL, site TEXT NOT NULL, code TEXT NOT NULL,
    name TEXT NOT NULL, kind TEXT NOT NULL, seats INTEGER NOT NULL, always_on BOOLEAN NOT NULL, PRIMARY KEY (path));
CREATE INDEX ix_rooms_school ON rooms (school);
CREATE TABLE runs (stream INTEGER NOT NULL, run TEXT NOT NULL, spans BLOB NOT NULL, updated DOUBLE NOT NULL,
    PRIMARY KEY (stream, run)) WITHOUT ROWID;
CREATE TABLE schools (code TEXT NOT NULL, name TEXT NOT NULL, area TEXT NOT NULL, level TEXT NOT NULL,
    time_zone TEXT NOT NULL, salt TEXT NOT NULL, PRIMARY KEY (code));
CREATE TABLE sections (stream INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, updated DOUBLE NOT NULL,
    "rows" BLOB NOT NULL, PRIMARY KEY (stream, name));
CREATE TABLE settings (path TEXT NOT NULL, given BLOB NOT NULL, PRIMARY KEY (path));
CREATE TABLE standing ("only" INTEGER NOT NULL, version INTEGER NOT NULL, settings_version INTEGER NOT NULL,
    PRIMARY KEY ("only"));
CREATE TABLE streams ("key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, machine TEXT NOT NULL, state BLOB NOT NULL);
CREATE INDEX ix_streams_machine ON streams (machine);
CREATE TABLE tickets (digest TEXT NOT NULL, credential TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
    expires DOUBLE NOT NULL, PRIMARY KEY (digest));
CREATE TABLE tokens (id TEXT NOT NULL, digest TEXT NOT NULL, path TEXT NOT NULL, uses INTEGER NOT NULL,
    expires DOUBLE NOT NULL, made DOUBLE NOT NULL, revoked DOUBLE NOT NULL, PRIMARY KEY (id));
CREATE INDEX tokens_by_path ON tokens (path);
CREATE TABLE touched (version INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (version, kind, name));
INSERT INTO standing VALUES (1, 4, 1);
INSERT INTO areas VALUES ('hn', 'Hà Nội', 'tỉnh');
INSERT INTO schools VALUES ('DEMO', 'Trường thử', 'hn', 'THCS', 'Asia/Ho_Chi_Minh', 'ff');
INSERT INTO rooms VALUES ('DEMO/main/tin1', 'DEMO', 'main', 'tin1', 'Phòng Tin 1', 'lab', 40, 0);
INSERT INTO machines VALUES ('m1', 'DEMO', 'main', 'tin1', 'tin1-01', 1, 'active', x'7b2275756964223a5b2261225d7d', 5, 0, '');
INSERT INTO credentials VALUES ('d1', 'm1', 5, 6, 0);
INSERT INTO settings VALUES ('DEMO', x'7b2262656174223a33307d');
INSERT INTO streams VALUES (1, 'm1', x'');
INSERT INTO journal VALUES (1, 1, 0, 1790000000.0, x'9da27231a26231cb41daac4de6000000cb3fe00000000000003ca568656c6c6fa57374617274cb41daac4ee0000000a5302e312e30a56c696e7578c00205', NULL, x'00');
