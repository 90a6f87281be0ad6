"""
The tables, as named steps that are never edited: a change is a new step at the end.

Applied by `store.migrate`. Times are UTC milliseconds; own keys are integers; Nextpod's message ids are 16 bytes when
they are GUIDs, else their text with a tag (`outbox.pack_id`). Counts are kept by `counts.py` alone.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("desk")


def _run(db: Database, script: str) -> None:
    # Not executescript: that would commit, and a step that fails half-way must leave nothing behind.
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations()
def m001_ground(db: Database) -> None:
    """What the file is, what people set, who did what, which processes live, and what holds all sending."""
    _run(
        db,
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE options (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed_at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor_kind TEXT NOT NULL CHECK (actor_kind IN ('person', 'system', 'command')),
            actor TEXT NOT NULL,
            address TEXT,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            subject_id TEXT,
            detail TEXT NOT NULL,
            chain BLOB NOT NULL
        ) STRICT;
        CREATE INDEX audit_subject ON audit (subject, subject_id, id);
        CREATE TABLE heartbeats (
            process TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            detail TEXT NOT NULL DEFAULT '{}'
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE brakes (
            name TEXT PRIMARY KEY,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE changes (topic TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE watermarks (name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE senders (
            name TEXT PRIMARY KEY,
            can_answer INTEGER NOT NULL,
            keyword TEXT,
            is_default INTEGER NOT NULL DEFAULT 0,
            accepted_at INTEGER,
            added_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m002_imports_and_drafts(db: Database) -> None:
    """Uploaded lists, row by row with what was found, and campaigns that are still being written."""
    _run(
        db,
        """
        CREATE TABLE imports (
            id INTEGER PRIMARY KEY,
            filename TEXT NOT NULL,
            spool TEXT,
            bytes INTEGER NOT NULL,
            digest BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
            error TEXT,
            region TEXT NOT NULL,
            sheet TEXT,
            sheets TEXT NOT NULL DEFAULT '[]',
            columns TEXT NOT NULL DEFAULT '[]',
            number_column INTEGER,
            header_row INTEGER,
            examples TEXT NOT NULL DEFAULT '[]',
            notes TEXT NOT NULL DEFAULT '[]',
            counts TEXT NOT NULL DEFAULT '{}',
            version INTEGER NOT NULL DEFAULT 1,
            done INTEGER NOT NULL DEFAULT 0,
            total INTEGER,
            let_in_doubtful INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            pid INTEGER
        ) STRICT;
        CREATE INDEX imports_digest ON imports (digest);
        CREATE TABLE staged (
            import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
            row INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            msisdn TEXT,
            cells TEXT NOT NULL,
            reason TEXT,
            corrected INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (import_id, row)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX staged_problems ON staged (import_id, verdict, row) WHERE verdict <> 'good';
        CREATE TABLE drafts (
            id INTEGER PRIMARY KEY,
            version INTEGER NOT NULL DEFAULT 1,
            name TEXT NOT NULL DEFAULT '',
            purpose TEXT NOT NULL DEFAULT 'service' CHECK (purpose IN ('marketing', 'service')),
            origin TEXT NOT NULL DEFAULT '',
            import_id INTEGER REFERENCES imports (id),
            sender TEXT NOT NULL DEFAULT '',
            text TEXT NOT NULL DEFAULT '',
            due_at INTEGER,
            choices TEXT NOT NULL DEFAULT '{}',
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'dropped')),
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            created_by TEXT NOT NULL
        ) STRICT;
        CREATE INDEX drafts_open ON drafts (changed_at) WHERE state = 'open';
        """,
    )


@migrations()
def m003_campaigns_and_outbox(db: Database) -> None:
    """Campaigns, their texts and messages; the batches, attempts and ids by which messages leave."""
    _run(
        db,
        """
        CREATE TABLE campaigns (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL DEFAULT 'campaign' CHECK (kind IN ('campaign', 'answers', 'confirmations', 'tests')),
            draft_id INTEGER UNIQUE REFERENCES drafts (id),
            draft_version INTEGER,
            import_id INTEGER REFERENCES imports (id),
            name TEXT NOT NULL,
            purpose TEXT NOT NULL DEFAULT 'service' CHECK (purpose IN ('marketing', 'service')),
            origin TEXT NOT NULL DEFAULT '',
            sender TEXT NOT NULL,
            text TEXT NOT NULL,
            state TEXT NOT NULL
                CHECK (state IN ('draft', 'scheduled', 'sending', 'paused', 'finished', 'cancelled')),
            review TEXT NOT NULL DEFAULT '{}',
            planned INTEGER NOT NULL DEFAULT 0,
            prepared INTEGER NOT NULL DEFAULT 0,
            reviewed_at INTEGER,
            due_at INTEGER,
            window_from TEXT,
            window_to TEXT,
            zone TEXT NOT NULL,
            per_minute INTEGER,
            spread_ms INTEGER,
            urgent INTEGER NOT NULL DEFAULT 0,
            handed_over INTEGER NOT NULL DEFAULT 0,
            pause_reason TEXT,
            last_claim_at INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            created_by TEXT NOT NULL
        ) STRICT;
        CREATE INDEX campaigns_active ON campaigns (due_at) WHERE state IN ('scheduled', 'sending', 'paused');
        CREATE INDEX campaigns_state ON campaigns (state, id);
        CREATE UNIQUE INDEX campaigns_own ON campaigns (kind, sender) WHERE kind <> 'campaign';
        CREATE TABLE texts (
            id INTEGER PRIMARY KEY,
            campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
            text TEXT NOT NULL,
            parts INTEGER NOT NULL,
            alphabet TEXT NOT NULL CHECK (alphabet IN ('gsm7', 'ucs2'))
        ) STRICT;
        CREATE INDEX texts_campaign ON texts (campaign_id);
        CREATE TABLE batches (
            id INTEGER PRIMARY KEY,
            campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
            text_id INTEGER NOT NULL REFERENCES texts (id),
            parent_id INTEGER REFERENCES batches (id),
            state TEXT NOT NULL
                CHECK (state IN ('sending', 'waiting', 'held', 'accepted', 'refused', 'unknown', 'split')),
            size INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            holder TEXT,
            lease_until INTEGER,
            next_at INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX batches_open ON batches (state, next_at) WHERE state IN ('sending', 'waiting', 'held', 'unknown');
        CREATE INDEX batches_campaign ON batches (campaign_id, id);
        CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            batch_id INTEGER NOT NULL REFERENCES batches (id),
            reference BLOB NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            code INTEGER,
            phrase TEXT
        ) STRICT;
        CREATE INDEX attempts_batch ON attempts (batch_id);
        CREATE INDEX attempts_failed ON attempts (ended_at) WHERE outcome NOT IN ('accepted', 'not_sent');
        CREATE INDEX attempts_started ON attempts (started_at);
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY,
            campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
            text_id INTEGER NOT NULL REFERENCES texts (id),
            row INTEGER,
            msisdn TEXT NOT NULL,
            turn INTEGER NOT NULL DEFAULT 0,
            status TEXT NOT NULL,
            batch_id INTEGER REFERENCES batches (id),
            accepted_at INTEGER,
            status_at INTEGER,
            report_id INTEGER,
            mcc INTEGER NOT NULL DEFAULT 0,
            mnc INTEGER NOT NULL DEFAULT 0,
            word TEXT,
            operator_code TEXT,
            latency INTEGER,
            flags INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE UNIQUE INDEX messages_once ON messages (campaign_id, msisdn, turn);
        CREATE INDEX messages_queued ON messages (campaign_id, text_id, id) WHERE status = 'queued';
        CREATE INDEX messages_odd ON messages (campaign_id, status, id)
            WHERE status IN
                ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected', 'unrecognised');
        CREATE INDEX messages_person ON messages (msisdn, id);
        CREATE INDEX messages_batch ON messages (batch_id) WHERE batch_id IS NOT NULL;
        CREATE TABLE moved (
            batch_id INTEGER NOT NULL REFERENCES batches (id),
            message_id INTEGER NOT NULL REFERENCES messages (id),
            PRIMARY KEY (batch_id, message_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE message_ids (
            nextpod_id BLOB PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES messages (id),
            attempt_id INTEGER NOT NULL REFERENCES attempts (id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX message_ids_message ON message_ids (message_id);
        CREATE TABLE answers (
            message_id INTEGER PRIMARY KEY REFERENCES messages (id),
            key TEXT NOT NULL UNIQUE,
            inbound_id INTEGER,
            override TEXT,
            by TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        """,
    )


@migrations()
def m004_reports_and_inbound(db: Database) -> None:
    """What came in: the log of delivery reports, incoming messages by person, and what could not be understood."""
    _run(
        db,
        """
        CREATE TABLE reports (
            id INTEGER PRIMARY KEY,
            arrived INTEGER NOT NULL,
            source TEXT NOT NULL,
            nextpod_id BLOB,
            msisdn TEXT,
            reference BLOB,
            status_code TEXT,
            status_text TEXT,
            event_at INTEGER,
            sent_at INTEGER,
            operator_code TEXT,
            mcc INTEGER,
            mnc INTEGER,
            parts INTEGER,
            body BLOB,
            digest BLOB NOT NULL UNIQUE,
            repeats INTEGER NOT NULL DEFAULT 0,
            message_id INTEGER REFERENCES messages (id)
        ) STRICT;
        CREATE INDEX reports_message ON reports (message_id, id) WHERE message_id IS NOT NULL;
        CREATE INDEX reports_orphan_id ON reports (nextpod_id) WHERE message_id IS NULL;
        CREATE INDEX reports_orphan_reference ON reports (reference, msisdn) WHERE message_id IS NULL;
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY,
            arrived INTEGER NOT NULL,
            source TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('dlr', 'mo')),
            content_type TEXT NOT NULL,
            query TEXT NOT NULL,
            body BLOB NOT NULL,
            reason TEXT NOT NULL,
            digest BLOB NOT NULL UNIQUE,
            repeats INTEGER NOT NULL DEFAULT 0,
            replayed_at INTEGER
        ) STRICT;
        CREATE TABLE status_words (
            word TEXT PRIMARY KEY,
            class TEXT NOT NULL,
            assigned_at INTEGER NOT NULL,
            assigned_by TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE conversations (
            msisdn TEXT PRIMARY KEY,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'waiting', 'closed')),
            unread INTEGER NOT NULL DEFAULT 0,
            waiting_since INTEGER,
            last_inbound_id INTEGER,
            last_at INTEGER NOT NULL,
            owner TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX conversations_waiting ON conversations (state, waiting_since, msisdn);
        CREATE INDEX conversations_state ON conversations (state, last_at, msisdn);
        CREATE INDEX conversations_recent ON conversations (last_at, msisdn);
        CREATE INDEX conversations_owner ON conversations (owner, last_at) WHERE owner IS NOT NULL;
        CREATE INDEX conversations_unread ON conversations (waiting_since, msisdn) WHERE unread > 0;
        CREATE VIRTUAL TABLE numbers USING fts5 (msisdn, tokenize = 'trigram');
        CREATE TRIGGER conversations_named AFTER INSERT ON conversations
            BEGIN INSERT INTO numbers (msisdn) VALUES (new.msisdn); END;
        CREATE TRIGGER conversations_renamed AFTER UPDATE OF msisdn ON conversations WHEN old.msisdn <> new.msisdn
            BEGIN DELETE FROM numbers WHERE numbers MATCH '"' || replace(old.msisdn, '"', '""') || '"'
                                      AND msisdn = old.msisdn; INSERT INTO numbers (msisdn) VALUES (new.msisdn); END;
        CREATE TRIGGER conversations_gone AFTER DELETE ON conversations
            BEGIN DELETE FROM numbers WHERE numbers MATCH '"' || replace(old.msisdn, '"', '""') || '"'
                                      AND msisdn = old.msisdn; END;
        CREATE TABLE inbound (
            id INTEGER PRIMARY KEY,
            arrived INTEGER NOT NULL,
            source TEXT NOT NULL,
            nextpod_id TEXT,
            msisdn TEXT NOT NULL,
            short_code TEXT NOT NULL,
            text TEXT NOT NULL,
            keyword TEXT,
            sub_keyword TEXT,
            keyword_rules INTEGER,
            mcc INTEGER,
            mnc INTEGER,
            received_raw TEXT,
            received_at INTEGER,
            body BLOB,
            digest BLOB NOT NULL UNIQUE,
            repeats INTEGER NOT NULL DEFAULT 0,
            verdict TEXT NOT NULL,
            campaign_id INTEGER REFERENCES campaigns (id),
            delay INTEGER,
            read_at INTEGER
        ) STRICT;
        CREATE INDEX inbound_person ON inbound (msisdn, id);
        CREATE INDEX inbound_keyword ON inbound (keyword, id);
        CREATE INDEX inbound_sub_keyword ON inbound (keyword, sub_keyword, id) WHERE sub_keyword IS NOT NULL;
        CREATE INDEX inbound_short_code ON inbound (short_code, id);
        CREATE INDEX inbound_campaign ON inbound (campaign_id, id) WHERE campaign_id IS NOT NULL;
        CREATE TABLE labels (msisdn TEXT NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
            PRIMARY KEY (msisdn, label)) STRICT, WITHOUT ROWID;
        CREATE INDEX labels_label ON labels (label, msisdn);
        CREATE TABLE notes (
            id INTEGER PRIMARY KEY,
            msisdn TEXT NOT NULL,
            text TEXT NOT NULL,
            at INTEGER NOT NULL,
            by TEXT NOT NULL
        ) STRICT;
        CREATE INDEX notes_person ON notes (msisdn, id);
        CREATE VIRTUAL TABLE inbound_words USING fts5 (folded, content = '', contentless_delete = 1, prefix = '2 3');
        CREATE TABLE suppressions (
            id INTEGER PRIMARY KEY,
            msisdn TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason IN ('stop', 'prefix', 'hand', 'import')),
            inbound_id INTEGER REFERENCES inbound (id),
            note TEXT NOT NULL DEFAULT '',
            added_at INTEGER NOT NULL,
            added_by TEXT NOT NULL,
            lifted_at INTEGER,
            lifted_by TEXT,
            lift_reason TEXT,
            reviewed_at INTEGER,
            reviewed_by TEXT
        ) STRICT;
        CREATE INDEX suppressions_doubtful ON suppressions (id)
            WHERE reason = 'prefix' AND lifted_at IS NULL AND reviewed_at IS NULL;
        CREATE UNIQUE INDEX suppressions_active ON suppressions (msisdn) WHERE lifted_at IS NULL;
        CREATE INDEX suppressions_person ON suppressions (msisdn, id);
        CREATE INDEX suppressions_message ON suppressions (inbound_id) WHERE inbound_id IS NOT NULL;
        """,
    )


@migrations()
def m005_counts(db: Database) -> None:
    """What the pages read: counts kept as things happen. `hour` and `minute` are UTC ms cut down, 0 = never left."""
    _run(
        db,
        """
        CREATE TABLE counts (
            campaign_id INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            status TEXT NOT NULL,
            parts INTEGER NOT NULL,
            alphabet TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, hour, mcc, mnc, status, parts, alphabet)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX counts_hour ON counts (hour, campaign_id);
        CREATE TABLE latencies (
            campaign_id INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, hour, mcc, mnc, bucket)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX latencies_hour ON latencies (hour);
        CREATE TABLE reasons (
            campaign_id INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            status TEXT NOT NULL,
            word TEXT NOT NULL,
            code TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, hour, mcc, mnc, status, word, code)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reasons_hour ON reasons (hour);
        CREATE TABLE timeline (
            campaign_id INTEGER NOT NULL,
            minute INTEGER NOT NULL,
            status TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, minute, status)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX timeline_minute ON timeline (minute);
        CREATE TABLE inbound_counts (
            hour INTEGER NOT NULL,
            short_code TEXT NOT NULL,
            keyword TEXT NOT NULL,
            sub_keyword TEXT NOT NULL,
            verdict TEXT NOT NULL,
            campaign_id INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (hour, short_code, keyword, sub_keyword, verdict, campaign_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX inbound_counts_campaign ON inbound_counts (campaign_id) WHERE campaign_id <> 0;
        CREATE TABLE answered (
            campaign_id INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            people INTEGER NOT NULL,
            opted_out INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, bucket)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m006_consent(db: Database) -> None:
    """The ledger of opting out and in, chained, by keyed hashes alone; and people known by their hash only."""
    _run(
        db,
        """
        CREATE TABLE consent (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            person BLOB NOT NULL,
            what TEXT NOT NULL CHECK (what IN ('out', 'in')),
            how TEXT NOT NULL,
            suppression_id INTEGER,
            inbound_id INTEGER,
            version TEXT NOT NULL,
            chain BLOB NOT NULL
        ) STRICT;
        CREATE INDEX consent_person ON consent (person, id);
        CREATE TABLE suppressed_people (
            person BLOB PRIMARY KEY,
            how TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m007_rules_and_audiences(db: Database) -> None:
    """What is done by itself when a message comes in, where it may be forwarded to; and audiences that are kept."""
    _run(
        db,
        """
        CREATE TABLE audiences (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            question TEXT NOT NULL,
            campaign_id INTEGER REFERENCES campaigns (id),
            words TEXT NOT NULL DEFAULT '',
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audience_people (
            audience_id INTEGER NOT NULL REFERENCES audiences (id) ON DELETE CASCADE,
            msisdn TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (audience_id, msisdn)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX audience_people_person ON audience_people (msisdn);
        CREATE TABLE destinations (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('email', 'webhook')),
            address TEXT NOT NULL,
            secret TEXT NOT NULL DEFAULT '',
            added_at INTEGER NOT NULL,
            added_by TEXT NOT NULL,
            dropped_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX destinations_address ON destinations (kind, address) WHERE dropped_at IS NULL;
        CREATE TABLE rules (
            id INTEGER PRIMARY KEY,
            place INTEGER NOT NULL,
            name TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 0,
            version INTEGER NOT NULL DEFAULT 1,
            short_code TEXT,
            keyword TEXT,
            sub_keyword TEXT,
            way TEXT CHECK (way IN ('contains', 'begins', 'is')),
            words TEXT NOT NULL DEFAULT '',
            time_from TEXT,
            time_to TEXT,
            answer TEXT NOT NULL DEFAULT '',
            answer_hours INTEGER NOT NULL DEFAULT 24,
            sender TEXT,
            label TEXT,
            owner TEXT,
            closes INTEGER NOT NULL DEFAULT 0,
            opts TEXT CHECK (opts IN ('out', 'in')),
            email_id INTEGER REFERENCES destinations (id),
            webhook_id INTEGER REFERENCES destinations (id),
            add_to INTEGER REFERENCES audiences (id) ON DELETE SET NULL,
            remove_from INTEGER REFERENCES audiences (id) ON DELETE SET NULL,
            is_last INTEGER NOT NULL DEFAULT 0,
            hits INTEGER NOT NULL DEFAULT 0,
            last_hit_at INTEGER,
            changed_at INTEGER NOT NULL,
            changed_by TEXT NOT NULL,
            dropped_at INTEGER
        ) STRICT;
        CREATE INDEX rules_active ON rules (place) WHERE active = 1 AND dropped_at IS NULL;
        CREATE TABLE rule_hits (
            id INTEGER PRIMARY KEY,
            rule_id INTEGER NOT NULL REFERENCES rules (id),
            version INTEGER NOT NULL,
            inbound_id INTEGER NOT NULL REFERENCES inbound (id),
            msisdn TEXT NOT NULL,
            at INTEGER NOT NULL,
            answered INTEGER NOT NULL,
            forwarded INTEGER NOT NULL,
            held TEXT
        ) STRICT;
        CREATE INDEX rule_hits_rule ON rule_hits (rule_id, id);
        CREATE INDEX rule_hits_message ON rule_hits (inbound_id);
        CREATE INDEX rule_hits_answered ON rule_hits (msisdn, at) WHERE answered = 1;
        CREATE INDEX rule_hits_forwarded ON rule_hits (msisdn, at) WHERE forwarded = 1;
        CREATE TABLE forwards (
            id INTEGER PRIMARY KEY,
            rule_id INTEGER NOT NULL REFERENCES rules (id),
            inbound_id INTEGER NOT NULL REFERENCES inbound (id),
            destination_id INTEGER NOT NULL REFERENCES destinations (id),
            state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'given_up')),
            tries INTEGER NOT NULL DEFAULT 0,
            next_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            error TEXT
        ) STRICT;
        CREATE INDEX forwards_waiting ON forwards (next_at) WHERE state = 'waiting';
        """,
    )


@migrations()
def m008_alerts(db: Database) -> None:
    """Incidents that a person away from the desk is told of, once when they begin and once when they are over."""
    _run(
        db,
        """
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            sentence TEXT NOT NULL,
            began_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            ended_at INTEGER,
            told_at INTEGER,
            told_over_at INTEGER,
            tries INTEGER NOT NULL DEFAULT 0,
            next_at INTEGER NOT NULL DEFAULT 0,
            error TEXT
        ) STRICT;
        CREATE UNIQUE INDEX alerts_open ON alerts (kind) WHERE ended_at IS NULL;
        CREATE INDEX alerts_untold ON alerts (began_at) WHERE told_over_at IS NULL;
        """,
    )


@migrations()
def m009_first_waves_and_saved_texts(db: Database) -> None:
    """A campaign may be held for a countdown (`held_until`) and begin with a first wave; and texts that are kept."""
    _run(
        db,
        """
        ALTER TABLE campaigns ADD COLUMN held_until INTEGER;
        ALTER TABLE campaigns ADD COLUMN wave_size INTEGER;
        ALTER TABLE campaigns ADD COLUMN wave_ms INTEGER;
        CREATE TABLE saved_texts (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            text TEXT NOT NULL,
            saved_at INTEGER NOT NULL,
            saved_by TEXT NOT NULL
        ) STRICT;
        """,
    )


@migrations()
def m010_counts_by_hour(db: Database) -> None:
    """The counts of a period are read from an index alone, hour by hour in the order in which they are added up."""
    _run(
        db,
        """
        DROP INDEX counts_hour;
        CREATE INDEX counts_hour ON counts (hour, status, messages);
        DROP INDEX latencies_hour;
        CREATE INDEX latencies_hour ON latencies (hour, bucket, messages);
        DROP INDEX reasons_hour;
        CREATE INDEX reasons_hour ON reasons (hour, messages);
        """,
    )


@migrations()
def m011_people(db: Database) -> None:
    """Who may sign in and as what, their sessions, one-time links and attempts; what waits for a second person.

    Nothing in here can be used by who reads the file: passwords as argon2id, tokens as keyed hashes, the secrets of
    one-time codes sealed with the key file's secret.
    """
    _run(
        db,
        """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('viewer', 'agent', 'editor', 'approver', 'admin')),
            password TEXT,
            totp BLOB,
            totp_used INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            password_at INTEGER,
            signed_in_at INTEGER,
            removed_at INTEGER
        ) STRICT;
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES users (id),
            token BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            ended_at INTEGER,
            address TEXT,
            browser TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX sessions_user ON sessions (user_id, ended_at);
        CREATE TABLE links (
            id INTEGER PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES users (id),
            token BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT;
        CREATE INDEX links_user ON links (user_id);
        CREATE TABLE sign_in_attempts (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            subject BLOB NOT NULL
        ) STRICT;
        CREATE INDEX sign_in_attempts_subject ON sign_in_attempts (subject, at);
        CREATE INDEX sign_in_attempts_at ON sign_in_attempts (at);
        CREATE TABLE approvals (
            id INTEGER PRIMARY KEY,
            draft_id INTEGER NOT NULL REFERENCES drafts (id),
            draft_version INTEGER NOT NULL,
            reviewed_at INTEGER NOT NULL,
            asked_by TEXT NOT NULL,
            asked_at INTEGER NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            verdict TEXT CHECK (verdict IN ('approved', 'returned', 'withdrawn')),
            decided_by TEXT,
            decided_at INTEGER,
            answer TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE UNIQUE INDEX approvals_waiting ON approvals (draft_id) WHERE verdict IS NULL;
        CREATE INDEX approvals_draft ON approvals (draft_id, id);
        """,
    )


@migrations()
def m012_staged_blocks(db: Database) -> None:
    """
    The good rows of a list in blocks, which cost a tenth of a row each: see blocks.py.

    numbers has a line for every row of the sheet from first_row to last_row, empty where no good row stands; cells
    goes with it. Rows with problems, and those that a person corrected, stay rows of staged.
    """
    _run(
        db,
        """
        CREATE TABLE staged_blocks (
            id INTEGER PRIMARY KEY,
            import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
            first_row INTEGER NOT NULL,
            last_row INTEGER NOT NULL,
            numbers TEXT NOT NULL,
            cells TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX staged_blocks_rows ON staged_blocks (import_id, first_row);
        """,
    )


@migrations()
def m013_privacy(db: Database) -> None:
    """What was taken away for its age or on a person's wish. `inbound.person`: one person's answers to one campaign."""
    _run(
        db,
        """
        ALTER TABLE inbound ADD COLUMN person BLOB;
        ALTER TABLE campaigns ADD COLUMN emptied_at INTEGER;
        CREATE INDEX campaigns_kept ON campaigns (ended_at) WHERE emptied_at IS NULL AND ended_at IS NOT NULL;
        ALTER TABLE imports ADD COLUMN emptied_at INTEGER;
        CREATE TABLE taken (
            day TEXT NOT NULL,
            kind TEXT NOT NULL,
            rows INTEGER NOT NULL,
            PRIMARY KEY (day, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE held_back (
            kind TEXT NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE erasures (
            id INTEGER PRIMARY KEY,
            person BLOB NOT NULL,
            msisdn TEXT,
            at INTEGER NOT NULL,
            asked_by TEXT NOT NULL,
            done_at INTEGER,
            waits TEXT,
            found TEXT NOT NULL DEFAULT '{}',
            pid INTEGER
        ) STRICT;
        CREATE INDEX erasures_person ON erasures (person);
        CREATE INDEX erasures_open ON erasures (id) WHERE done_at IS NULL;
        CREATE INDEX rule_hits_at ON rule_hits (at) WHERE msisdn <> '';
        """,
    )


@migrations()
def m014_letters(db: Database) -> None:
    """E-mails to the desk's own people: see letters.py. An approval that was given alone says so."""
    _run(
        db,
        """
        ALTER TABLE approvals ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE letters (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            recipient TEXT NOT NULL,
            particulars TEXT NOT NULL DEFAULT '{}',
            written_at INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            error TEXT,
            delivered_at INTEGER,
            ended_at INTEGER
        ) STRICT;
        CREATE INDEX letters_due ON letters (next_at) WHERE ended_at IS NULL;
        CREATE INDEX letters_recipient ON letters (recipient, id);
        """,
    )


@migrations()
def m015_company_sign_in(db: Database) -> None:
    """Who comes through the company's own provider, by issuer and subject, and in which sessions: see provided.py."""
    _run(
        db,
        """
        ALTER TABLE users ADD COLUMN provider_id TEXT;
        CREATE UNIQUE INDEX users_provider ON users (provider_id) WHERE provider_id IS NOT NULL;
        ALTER TABLE sessions ADD COLUMN by_provider INTEGER NOT NULL DEFAULT 0;
        """,
    )


@migrations()
def m016_rolled_up_counts(db: Database) -> None:
    """
    The counts of accepted messages by hour of a campaign, and by week of all campaigns together: see rollups.py.

    A campaign's hour leads to its cells in counts, latencies and reasons, so those need no index by hour any more.
    """
    statuses = ("accepted", "pending", "sent", "delivered", "failed", "expired", "rejected", "unrecognised")
    columns = ", ".join(f"{status} INTEGER NOT NULL" for status in statuses)
    sums = ", ".join(f"sum(CASE status WHEN '{status}' THEN messages ELSE 0 END)" for status in statuses)
    week = "((hour + 259200000) / 604800000 * 604800000 - 259200000)"
    _run(
        db,
        f"""
        CREATE TABLE count_hours (
            hour INTEGER NOT NULL,
            campaign_id INTEGER NOT NULL,
            {columns},
            parts INTEGER NOT NULL,
            PRIMARY KEY (hour, campaign_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX count_hours_campaign ON count_hours (campaign_id);
        CREATE TABLE count_weeks (
            week INTEGER NOT NULL,
            sender TEXT NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            parts INTEGER NOT NULL,
            alphabet TEXT NOT NULL,
            {columns},
            PRIMARY KEY (week, sender, mcc, mnc, parts, alphabet)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE latency_weeks (
            week INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (week, bucket, mcc, mnc)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE reason_weeks (
            week INTEGER NOT NULL,
            status TEXT NOT NULL,
            word TEXT NOT NULL,
            code TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (week, status, word, code)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO count_hours
        SELECT hour, campaign_id, {sums}, sum(messages * parts)
          FROM counts WHERE hour > 0 AND status IN {statuses} GROUP BY hour, campaign_id;
        INSERT INTO count_weeks
        SELECT {week} AS week, coalesce(sender, ''), mcc, mnc, parts, alphabet, {sums}
          FROM counts LEFT JOIN campaigns ON campaigns.id = counts.campaign_id
         WHERE hour > 0 AND status IN {statuses}
         GROUP BY 1, 2, mcc, mnc, parts, alphabet;
        INSERT INTO latency_weeks
        SELECT {week}, bucket, mcc, mnc, sum(messages) FROM latencies WHERE hour > 0 GROUP BY 1, 2, 3, 4;
        INSERT INTO reason_weeks
        SELECT {week}, status, word, code, sum(messages) FROM reasons WHERE hour > 0 GROUP BY 1, 2, 3, 4;
        DROP INDEX counts_hour;
        DROP INDEX latencies_hour;
        DROP INDEX reasons_hour;
        CREATE INDEX counts_unsent ON counts (status, messages) WHERE hour = 0;
        """,
    )


@migrations()
def m017_flagged_messages(db: Database) -> None:
    """Texts that may ask to be left alone, found without reading all: a person looks at them first."""
    _run(db, "CREATE INDEX inbound_flagged ON inbound (id) WHERE verdict = 'mentioned';")


@migrations()
def m018_answered_messages(db: Database) -> None:
    """
    Which message each incoming one answers (`messages.flags` 16), and how many of the messages counted were answered.

    Of people whose numbers were taken away since it isn't known any more.
    """
    week = "((hour + 259200000) / 604800000 * 604800000 - 259200000)"
    _run(
        db,
        f"""
        ALTER TABLE inbound ADD COLUMN message_id INTEGER;
        UPDATE inbound
           SET message_id = (SELECT m.id FROM messages AS m
                              WHERE m.campaign_id = inbound.campaign_id AND m.msisdn = inbound.msisdn
                              ORDER BY m.id DESC LIMIT 1)
         WHERE campaign_id IS NOT NULL AND msisdn <> '';
        CREATE INDEX inbound_message ON inbound (message_id) WHERE message_id IS NOT NULL;
        UPDATE messages SET flags = flags | 16
         WHERE accepted_at IS NOT NULL AND id IN (SELECT message_id FROM inbound WHERE message_id IS NOT NULL);
        ALTER TABLE counts ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE count_weeks ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
        CREATE TEMP TABLE answered_cells AS
        SELECT m.campaign_id, m.accepted_at / 3600000 * 3600000 AS hour, m.mcc, m.mnc, m.status, t.parts, t.alphabet,
               count(*) AS answered
          FROM messages AS m JOIN texts AS t ON t.id = m.text_id
         WHERE m.id IN (SELECT message_id FROM inbound WHERE message_id IS NOT NULL) AND m.accepted_at IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5, 6, 7;
        UPDATE counts SET answered = c.answered
          FROM answered_cells AS c
         WHERE c.campaign_id = counts.campaign_id AND c.hour = counts.hour AND c.mcc = counts.mcc
           AND c.mnc = counts.mnc AND c.status = counts.status AND c.parts = counts.parts
           AND c.alphabet = counts.alphabet;
        UPDATE count_weeks SET answered = c.answered
          FROM (SELECT {week} AS week, coalesce(sender, '') AS sender, mcc, mnc, parts, alphabet,
                       sum(counts.answered) AS answered
                  FROM counts LEFT JOIN campaigns ON campaigns.id = counts.campaign_id
                 WHERE hour > 0
                 GROUP BY 1, 2, 3, 4, 5, 6) AS c
         WHERE c.week = count_weeks.week AND c.sender = count_weeks.sender AND c.mcc = count_weeks.mcc
           AND c.mnc = count_weeks.mnc AND c.parts = count_weeks.parts AND c.alphabet = count_weeks.alphabet;
        DROP TABLE answered_cells;
        """,
    )
