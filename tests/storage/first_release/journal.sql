BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
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
INSERT INTO "iterations" VALUES('4add74b97b7447668c7a946e78cc69e8-01-01','4add74b97b7447668c7a946e78cc69e8-01',1,'a cat 0 1','','ebc2f2a417dd8c163021fc2d596b7773b7c66b581c0d40bc2932d82d7b50f596','{"imagehash": 30.0}',1,1,'2026-11-29 20:11:11.946763','2026-11-29 20:11:12.288709','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('4add74b97b7447668c7a946e78cc69e8-01-02','4add74b97b7447668c7a946e78cc69e8-01',2,'a cat 0 2','','e9bf0a18de1984d21ffe627e7b8781bffdc4b93f764cf9d1e5b0d71effc7e8af','{"imagehash": 32.0}',1,1,'2026-11-29 20:11:12.295753','2026-11-29 20:11:12.316662','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('4add74b97b7447668c7a946e78cc69e8-01-03','4add74b97b7447668c7a946e78cc69e8-01',3,'a cat 0 1','','ebc2f2a417dd8c163021fc2d596b7773b7c66b581c0d40bc2932d82d7b50f596','{"imagehash": 30.0}',1,1,'2026-11-29 20:11:12.322851','2026-11-29 20:11:12.332841','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('eb799da5d25b4404af323ff8a8635d80-01-01','eb799da5d25b4404af323ff8a8635d80-01',1,'a cat 1 1','','306b32114f5ab4255a56e6227ada2157c9ac3f30b446d3faf135f3bc88bec52a','{"imagehash": 28.0}',1,1,'2026-11-29 20:11:12.416427','2026-11-29 20:11:12.441582','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('eb799da5d25b4404af323ff8a8635d80-01-02','eb799da5d25b4404af323ff8a8635d80-01',2,'a cat 1 2','','830eebfea6e59e91445722377ce03852c28c35ca41e346c6b1b54861a5707788','{"imagehash": 32.0}',1,1,'2026-11-29 20:11:12.522527','2026-11-29 20:11:12.540747','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('eb799da5d25b4404af323ff8a8635d80-01-03','eb799da5d25b4404af323ff8a8635d80-01',3,'a cat 1 3','','bf858f095933570f6887484dbea8a57a5252e41a0b78236a1b28d50a28a04c33','{"imagehash": 26.0}',1,1,'2026-11-29 20:11:12.545854','2026-11-29 20:11:12.565723','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
INSERT INTO "iterations" VALUES('4933af9708ec4ea08ccb4c507c8481d7-01-01','4933af9708ec4ea08ccb4c507c8481d7-01',1,'a dog','','9380281e167f22a99d24f28157fbff9cf57efccdd697c5311e395e91b55fc359','{"imagehash": 38.0}',1,1,'2026-11-29 20:11:12.638136','2026-11-29 20:11:12.697262','{"settings": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "dtype": "uint8", "device": "cpu", "versions": {}}');
CREATE TABLE outbox (
	destination VARCHAR(200) NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	errand VARCHAR(8) NOT NULL, 
	begun_at DATETIME NOT NULL, 
	done_at DATETIME, 
	commit_id VARCHAR(40) DEFAULT '' NOT NULL, 
	PRIMARY KEY (destination, session_id, errand)
);
CREATE TABLE protocols (
	hash VARCHAR(12) NOT NULL, 
	protocol JSON NOT NULL, 
	PRIMARY KEY (hash)
);
INSERT INTO "protocols" VALUES('d8d588a7d036','{"profile": "test", "iterations": 3, "trials": 1, "feedback": "random", "drawing": {"model": "painter", "revision": "1", "seed": 1029, "steps": 10, "guidance_scale": 5.0, "width": 32, "height": 32}, "metrics": ["imagehash"]}');
CREATE TABLE ranks (
	iteration_id VARCHAR(64) NOT NULL, 
	trial_id VARCHAR(48) NOT NULL, 
	rank INTEGER NOT NULL CHECK (rank >= 1), 
	ranked_at DATETIME NOT NULL, tied BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (iteration_id), 
	UNIQUE (trial_id, rank), 
	FOREIGN KEY(iteration_id) REFERENCES iterations (id) ON DELETE CASCADE, 
	FOREIGN KEY(trial_id) REFERENCES trials (id) ON DELETE CASCADE
);
INSERT INTO "ranks" VALUES('4add74b97b7447668c7a946e78cc69e8-01-01','4add74b97b7447668c7a946e78cc69e8-01',1,'2026-11-29 20:11:12.341136',0);
INSERT INTO "ranks" VALUES('4add74b97b7447668c7a946e78cc69e8-01-03','4add74b97b7447668c7a946e78cc69e8-01',2,'2026-11-29 20:11:12.341136',1);
INSERT INTO "ranks" VALUES('4add74b97b7447668c7a946e78cc69e8-01-02','4add74b97b7447668c7a946e78cc69e8-01',3,'2026-11-29 20:11:12.341136',0);
INSERT INTO "ranks" VALUES('eb799da5d25b4404af323ff8a8635d80-01-03','eb799da5d25b4404af323ff8a8635d80-01',1,'2026-11-29 20:11:12.577891',0);
INSERT INTO "ranks" VALUES('eb799da5d25b4404af323ff8a8635d80-01-01','eb799da5d25b4404af323ff8a8635d80-01',2,'2026-11-29 20:11:12.577891',0);
INSERT INTO "ranks" VALUES('eb799da5d25b4404af323ff8a8635d80-01-02','eb799da5d25b4404af323ff8a8635d80-01',3,'2026-11-29 20:11:12.577891',0);
CREATE TABLE requests (
	trial_id VARCHAR(48) NOT NULL, 
	number INTEGER NOT NULL CHECK (number >= 1), 
	prompt TEXT NOT NULL, 
	asked_at DATETIME NOT NULL, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (id) ON DELETE CASCADE
);
INSERT INTO "requests" VALUES('4933af9708ec4ea08ccb4c507c8481d7-01',2,'a dog at last','2026-11-29 12:00:00.000000');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(8);
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
INSERT INTO "sessions" VALUES('4add74b97b7447668c7a946e78cc69e8','82fec9448c587bbfeb97f847314f266db5aa3c37545133ff9061f287c57824ef','7P8F-VVYP-TEBV','d8d588a7d036','no_scores','49721faa','2026-11-29 20:11:11.918349','2026-11-29 20:11:12.342295');
INSERT INTO "sessions" VALUES('eb799da5d25b4404af323ff8a8635d80','27047ad79fe744f6df3b4d276d7c7621a3a0ef947f96ae5e8dd0ebf685cc1a64','X99D-5K68-GPC3','d8d588a7d036','scores','49721faa','2026-11-29 20:11:12.355786','2026-11-29 20:11:12.578632');
INSERT INTO "sessions" VALUES('4933af9708ec4ea08ccb4c507c8481d7','7e540f179bca182bd7ff22bb59076ac9d400b345a1014724045f0978dee86c05','WK65-8HPK-HBQX','d8d588a7d036','scores','49721faa','2026-11-29 20:11:12.591145',NULL);
CREATE TABLE shipped (
	destination VARCHAR(200) NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (destination, session_id, sha256)
);
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
INSERT INTO "trials" VALUES('4add74b97b7447668c7a946e78cc69e8-01','4add74b97b7447668c7a946e78cc69e8',1,'t1','[2, 1, 3]','2026-11-29 20:11:11.927465');
INSERT INTO "trials" VALUES('eb799da5d25b4404af323ff8a8635d80-01','eb799da5d25b4404af323ff8a8635d80',1,'t3','[1, 2, 3]','2026-11-29 20:11:12.398339');
INSERT INTO "trials" VALUES('4933af9708ec4ea08ccb4c507c8481d7-01','4933af9708ec4ea08ccb4c507c8481d7',1,'t2','[2, 3, 1]','2026-11-29 20:11:12.596178');
CREATE TABLE withdrawals (
	session_id VARCHAR(32) NOT NULL, 
	protocol_hash VARCHAR(12) NOT NULL, 
	withdrawn_at DATETIME NOT NULL, 
	PRIMARY KEY (session_id), 
	FOREIGN KEY(protocol_hash) REFERENCES protocols (hash)
);
CREATE INDEX ix_sessions_protocol_hash ON sessions (protocol_hash);
CREATE INDEX ix_sessions_finished_at ON sessions (finished_at);
CREATE INDEX ix_iterations_picture ON iterations (picture);
CREATE TRIGGER protocols_update BEFORE UPDATE ON protocols WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a protocol is never changed'); END;
CREATE TRIGGER protocols_delete BEFORE DELETE ON protocols WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a protocol is never removed'); END;
CREATE TRIGGER sessions_insert BEFORE INSERT ON sessions WHEN NEW.finished_at IS NOT NULL OR EXISTS (SELECT 1 FROM withdrawals WHERE session_id = NEW.id) BEGIN SELECT RAISE(ABORT, 'a session begins unfinished, and once withdrawn it does not come back'); END;
CREATE TRIGGER sessions_update BEFORE UPDATE ON sessions WHEN OLD.finished_at IS NOT NULL OR NEW.finished_at IS NULL OR NEW.id <> OLD.id OR NEW.token_hash <> OLD.token_hash OR NEW.withdrawal_code <> OLD.withdrawal_code OR NEW.protocol_hash <> OLD.protocol_hash OR NEW.arm <> OLD.arm OR NEW.consent_version <> OLD.consent_version OR NEW.enrolled_at <> OLD.enrolled_at OR EXISTS (
    SELECT 1 FROM trials WHERE trials.session_id = NEW.id AND (
        NOT EXISTS (SELECT 1 FROM ranks WHERE ranks.trial_id = trials.id)
        OR EXISTS (
            SELECT 1 FROM iterations LEFT JOIN ranks ON ranks.iteration_id = iterations.id
            WHERE iterations.trial_id = trials.id AND ranks.rank IS NULL))) BEGIN SELECT RAISE(ABORT, 'a session changes once: it is finished when every trial is ranked'); END;
CREATE TRIGGER withdrawals_update BEFORE UPDATE ON withdrawals WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a withdrawal is never changed'); END;
CREATE TRIGGER withdrawals_delete BEFORE DELETE ON withdrawals WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a withdrawal is never removed'); END;
CREATE TRIGGER trials_insert BEFORE INSERT ON trials WHEN EXISTS (SELECT 1 FROM sessions WHERE id = NEW.session_id AND finished_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'no trial comes after the end of its session'); END;
CREATE TRIGGER trials_update BEFORE UPDATE ON trials WHEN OLD.begun_at IS NOT NULL OR NEW.begun_at IS NULL OR NEW.id <> OLD.id OR NEW.session_id <> OLD.session_id OR NEW.number <> OLD.number OR NEW.target_id <> OLD.target_id OR CAST(NEW.shuffled AS TEXT) <> CAST(OLD.shuffled AS TEXT) BEGIN SELECT RAISE(ABORT, 'a trial changes once: it is begun'); END;
CREATE TRIGGER trials_delete BEFORE DELETE ON trials WHEN EXISTS (SELECT 1 FROM sessions WHERE id = OLD.session_id) BEGIN SELECT RAISE(ABORT, 'a trial goes only with its session'); END;
CREATE TRIGGER requests_insert BEFORE INSERT ON requests WHEN EXISTS (SELECT 1 FROM ranks WHERE trial_id = NEW.trial_id) BEGIN SELECT RAISE(ABORT, 'nothing is drawn after the ranking'); END;
CREATE TRIGGER iterations_insert BEFORE INSERT ON iterations WHEN EXISTS (SELECT 1 FROM ranks WHERE trial_id = NEW.trial_id) BEGIN SELECT RAISE(ABORT, 'no iteration comes after the ranking of its trial'); END;
CREATE TRIGGER iterations_update BEFORE UPDATE ON iterations WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'an iteration is never changed'); END;
CREATE TRIGGER iterations_delete BEFORE DELETE ON iterations WHEN EXISTS (SELECT 1 FROM trials WHERE id = OLD.trial_id) BEGIN SELECT RAISE(ABORT, 'an iteration goes only with its session'); END;
CREATE TRIGGER ranks_insert BEFORE INSERT ON ranks WHEN NOT EXISTS (SELECT 1 FROM iterations WHERE id = NEW.iteration_id AND trial_id = NEW.trial_id) OR NEW.rank > (SELECT count(*) FROM iterations WHERE trial_id = NEW.trial_id) BEGIN SELECT RAISE(ABORT, 'a ranking is a permutation of the iterations of its trial'); END;
CREATE TRIGGER ranks_update BEFORE UPDATE ON ranks WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a ranking is never changed'); END;
CREATE TRIGGER ranks_delete BEFORE DELETE ON ranks WHEN EXISTS (SELECT 1 FROM trials WHERE id = OLD.trial_id) BEGIN SELECT RAISE(ABORT, 'a ranking goes only with its session'); END;
CREATE TRIGGER protocols_replace BEFORE INSERT ON protocols WHEN EXISTS (SELECT 1 FROM protocols WHERE hash = NEW.hash) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of protocols is replaced'); END;
CREATE TRIGGER sessions_replace BEFORE INSERT ON sessions WHEN EXISTS (SELECT 1 FROM sessions WHERE id = NEW.id OR token_hash = NEW.token_hash OR withdrawal_code = NEW.withdrawal_code) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of sessions is replaced'); END;
CREATE TRIGGER withdrawals_replace BEFORE INSERT ON withdrawals WHEN EXISTS (SELECT 1 FROM withdrawals WHERE session_id = NEW.session_id) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of withdrawals is replaced'); END;
CREATE TRIGGER trials_replace BEFORE INSERT ON trials WHEN EXISTS (SELECT 1 FROM trials WHERE id = NEW.id OR (session_id = NEW.session_id AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of trials is replaced'); END;
CREATE TRIGGER iterations_replace BEFORE INSERT ON iterations WHEN EXISTS (SELECT 1 FROM iterations WHERE id = NEW.id OR (trial_id = NEW.trial_id AND number = NEW.number)) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of iterations is replaced'); END;
CREATE TRIGGER ranks_replace BEFORE INSERT ON ranks WHEN EXISTS (SELECT 1 FROM ranks WHERE iteration_id = NEW.iteration_id OR (trial_id = NEW.trial_id AND rank = NEW.rank)) BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of ranks is replaced'); END;
CREATE TRIGGER ranks_ties BEFORE INSERT ON ranks WHEN NEW.tied AND NOT EXISTS (
    SELECT 1 FROM ranks
    JOIN iterations AS before ON before.id = ranks.iteration_id
    JOIN iterations AS own ON own.id = NEW.iteration_id
    WHERE ranks.trial_id = NEW.trial_id AND ranks.rank = NEW.rank - 1 AND before.picture = own.picture) BEGIN SELECT RAISE(ABORT, 'only drawings of the same pixels are tied'); END;
CREATE TRIGGER sessions_delete BEFORE DELETE ON sessions WHEN EXISTS (
    SELECT 1 FROM trials WHERE trials.session_id = OLD.id AND (
        EXISTS (SELECT 1 FROM iterations WHERE iterations.trial_id = trials.id)
        OR EXISTS (SELECT 1 FROM requests WHERE requests.trial_id = trials.id)))
    AND NOT EXISTS (SELECT 1 FROM withdrawals WHERE session_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'a session with a drawing is removed only when its participant withdraws'); END;
COMMIT;
