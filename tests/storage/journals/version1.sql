BEGIN TRANSACTION;
CREATE TABLE iterations (
	id VARCHAR(64) NOT NULL, 
	trial_id VARCHAR(48) NOT NULL, 
	number INTEGER NOT NULL CHECK (number >= 1), 
	prompt TEXT NOT NULL, 
	unread TEXT NOT NULL, 
	picture VARCHAR(64) NOT NULL, 
	scores JSON NOT NULL, 
	drawing_ms INTEGER NOT NULL, 
	scoring_ms INTEGER NOT NULL, 
	asked_at DATETIME NOT NULL, 
	drawn_at DATETIME NOT NULL, 
	provenance JSON NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (trial_id, number), 
	FOREIGN KEY(trial_id) REFERENCES trials (id) ON DELETE CASCADE
);
INSERT INTO "iterations" VALUES('done-01-01','done-01',1,'a cat 猫 🐈','','0000000000000000000000000000000000000000000000000000000000000001','{"imagehash": 12.0, "lpips": 0.25}',1250,125,'2026-11-23 12:00:00.123456','2026-11-23 12:00:00.123456','{"settings": {"model": "m", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "float32", "device": "cpu", "versions": {"torch": "2.15"}}');
INSERT INTO "iterations" VALUES('done-01-02','done-01',2,'a cat 猫 🐈','','0000000000000000000000000000000000000000000000000000000000000002','{"imagehash": 12.0, "lpips": 0.25}',1250,125,'2026-11-23 12:00:00.123456','2026-11-23 12:00:00.123456','{"settings": {"model": "m", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "float32", "device": "cpu", "versions": {"torch": "2.15"}}');
INSERT INTO "iterations" VALUES('done-01-03','done-01',3,'a cat 猫 🐈','','0000000000000000000000000000000000000000000000000000000000000003','{"imagehash": 12.0, "lpips": 0.25}',1250,125,'2026-11-23 12:00:00.123456','2026-11-23 12:00:00.123456','{"settings": {"model": "m", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "float32", "device": "cpu", "versions": {"torch": "2.15"}}');
INSERT INTO "iterations" VALUES('open-01-01','open-01',1,'a cat 猫 🐈','','0000000000000000000000000000000000000000000000000000000000000001','{"imagehash": 12.0, "lpips": 0.25}',1250,125,'2026-11-23 12:00:00.123456','2026-11-23 12:00:00.123456','{"settings": {"model": "m", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "float32", "device": "cpu", "versions": {"torch": "2.15"}}');
CREATE TABLE protocols (
	hash VARCHAR(12) NOT NULL, 
	protocol JSON NOT NULL, 
	PRIMARY KEY (hash)
);
INSERT INTO "protocols" VALUES('01ed6e26650a','{"profile": "test", "iterations": 3, "trials": 1, "feedback": "random", "drawing": {"model": "m", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "metrics": ["imagehash"]}');
CREATE TABLE ranks (
	iteration_id VARCHAR(64) NOT NULL, 
	trial_id VARCHAR(48) NOT NULL, 
	rank INTEGER NOT NULL CHECK (rank >= 1), 
	ranked_at DATETIME NOT NULL, 
	PRIMARY KEY (iteration_id), 
	UNIQUE (trial_id, rank), 
	FOREIGN KEY(iteration_id) REFERENCES iterations (id) ON DELETE CASCADE, 
	FOREIGN KEY(trial_id) REFERENCES trials (id) ON DELETE CASCADE
);
INSERT INTO "ranks" VALUES('done-01-03','done-01',1,'2026-11-23 12:00:00.123456');
INSERT INTO "ranks" VALUES('done-01-01','done-01',2,'2026-11-23 12:00:00.123456');
INSERT INTO "ranks" VALUES('done-01-02','done-01',3,'2026-11-23 12:00:00.123456');
CREATE TABLE requests (
	trial_id VARCHAR(48) NOT NULL, 
	number INTEGER NOT NULL CHECK (number >= 1), 
	prompt TEXT NOT NULL, 
	asked_at DATETIME NOT NULL, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (id) ON DELETE CASCADE
);
INSERT INTO "requests" VALUES('open-01',2,'a dog','2026-11-23 12:00:00.123456');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE sessions (
	id VARCHAR(32) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	withdrawal_code VARCHAR(14) NOT NULL, 
	protocol_hash VARCHAR(12) NOT NULL, 
	arm VARCHAR(16) NOT NULL, 
	consent_version VARCHAR(8) NOT NULL, 
	enrolled_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (token_hash), 
	UNIQUE (withdrawal_code), 
	FOREIGN KEY(protocol_hash) REFERENCES protocols (hash)
);
INSERT INTO "sessions" VALUES('done','hash done','AAAA-BBBB-done','01ed6e26650a','scores','c1','2026-11-23 12:00:00.123456','2026-11-23 12:00:00.123456');
INSERT INTO "sessions" VALUES('open','hash open','AAAA-BBBB-open','01ed6e26650a','scores','c1','2026-11-23 12:00:00.123456',NULL);
CREATE TABLE trials (
	id VARCHAR(48) NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL CHECK (number >= 1), 
	target_id VARCHAR(64) NOT NULL, 
	shuffled JSON NOT NULL, 
	begun_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (session_id, number), 
	FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
INSERT INTO "trials" VALUES('done-01','done',1,'target','[2, 3, 1]','2026-11-23 12:00:00.123456');
INSERT INTO "trials" VALUES('open-01','open',1,'target','[2, 3, 1]','2026-11-23 12:00:00.123456');
CREATE TABLE withdrawals (
	session_id VARCHAR(32) NOT NULL, 
	protocol_hash VARCHAR(12) NOT NULL, 
	withdrawn_at DATETIME NOT NULL, 
	PRIMARY KEY (session_id), 
	FOREIGN KEY(protocol_hash) REFERENCES protocols (hash)
);
INSERT INTO "withdrawals" VALUES('gone','01ed6e26650a','2026-11-23 12:00:00.123456');
CREATE INDEX ix_sessions_protocol_hash ON sessions (protocol_hash);
CREATE INDEX ix_sessions_finished_at ON sessions (finished_at);
CREATE INDEX ix_iterations_picture ON iterations (picture);
COMMIT;
