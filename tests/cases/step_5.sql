-- A desk of the fifth step, killed in the middle of a campaign: rows in every table there was. Made by that version.
-- Its key file: {"secret": "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", "webhook_token": "token-of-a-desk-that-never-was"}
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO _sqlite_migrations VALUES(1,'desk','m001_ground','2026-11-28 11:55:50.757830+00:00');
INSERT INTO _sqlite_migrations VALUES(2,'desk','m002_imports_and_drafts','2026-11-28 11:55:50.773807+00:00');
INSERT INTO _sqlite_migrations VALUES(3,'desk','m003_campaigns_and_outbox','2026-11-28 11:55:50.778248+00:00');
INSERT INTO _sqlite_migrations VALUES(4,'desk','m004_reports_and_inbound','2026-11-28 11:55:50.782779+00:00');
INSERT INTO _sqlite_migrations VALUES(5,'desk','m005_counts','2026-11-28 11:55:50.789879+00:00');
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('instance','c02fc6b5ad748878');
INSERT INTO meta VALUES('key_check','a475f91ac057d5489db1fde62eb35928');
INSERT INTO meta VALUES('mode','sandbox');
CREATE TABLE options (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed_at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
INSERT INTO options VALUES('zone','"Europe/Oslo"',1795866959261);
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
INSERT INTO audit VALUES(1,1795866949828,'command','command line',NULL,'store.migrate','store',NULL,'{"steps":5}',X'115dc257b8b27a74c6a50ae21c90c29f2d3969813dc301eadbd1dcd4bd1cdd8a');
INSERT INTO audit VALUES(2,1795866954156,'command','command line',NULL,'import.begin','import','1','{"bytes":905}',X'64f4cf94da3c15c8486cdba226622734a05b8fc24b55f60e5611d96c0e66da28');
INSERT INTO audit VALUES(3,1795866954311,'system','import',NULL,'import.done','import','1','{"doubtful":0,"duplicate":0,"good":16,"invalid":2,"missing":0,"not_mobile":0,"suppressed":0}',X'fcaa8b49998433ddaaed1d89b8cff1e9f579411a99df98a45c99b1de010a0de7');
INSERT INTO audit VALUES(4,1795866954325,'command','command line',NULL,'draft.new','draft','1','{}',X'6f2a0c5196f33555ed25bb458a6f6c58205d90fc48f2be7c4fc70b0314da1f44');
INSERT INTO audit VALUES(5,1795866954325,'command','command line',NULL,'draft.change','draft','1','{"fields":"name import_id sender text","version":2}',X'f1ad4107af8bf110e451bd079bf14ab45e29683c5bc517b750b6fedd48e08fc3');
INSERT INTO audit VALUES(6,1795866954337,'command','command line',NULL,'campaign.review','campaign','1','{"planned":16,"version":2}',X'85694540c80ef479e3b2786e8041cef3ec2061010bccda93ef3ac28684fff0a6');
INSERT INTO audit VALUES(7,1795866954373,'command','command line',NULL,'campaign.send','campaign','1','{"due_at":1795866954373,"planned":16,"sender":"2345"}',X'fb7b0a1cd69a704177f44f8c2f4d4d2ddaf221136eee2578f777272585504d19');
INSERT INTO audit VALUES(8,1795866954914,'system','ingester',NULL,'suppression.add','suppression','1','{"inbound":1,"number":"479****013","reason":"stop"}',X'e600ea98267a4243d3853699db726026efedd7392d08a83a8cfb6fd6db8a217e');
INSERT INTO audit VALUES(9,1795866955736,'command','command line',NULL,'import.begin','import','2','{"bytes":905}',X'12a9b11ff400b2a1645dfb3ffa97a45b8a20fd226688ae05ed74f8fd10ef6c5e');
INSERT INTO audit VALUES(10,1795866955853,'system','import',NULL,'import.done','import','2','{"doubtful":0,"duplicate":0,"good":15,"invalid":2,"missing":0,"not_mobile":0,"suppressed":1}',X'4454df63e2ece5ac4569a27d5e22c1ad747551b7c344c5083d9b235c0c08f557');
INSERT INTO audit VALUES(11,1795866955857,'command','command line',NULL,'draft.new','draft','2','{}',X'2a5b316059350ca2c64985b86d30453ed43be265b60ad5e885e109642cc8152d');
INSERT INTO audit VALUES(12,1795866955857,'command','command line',NULL,'draft.change','draft','2','{"fields":"name import_id sender text due_at","version":2}',X'6a93ea232d2baad54a07a5e94c5ec32ac76441d95c1df9fcf8b04493d698988c');
INSERT INTO audit VALUES(13,1795866955865,'command','command line',NULL,'campaign.review','campaign','2','{"planned":15,"version":2}',X'922a8d537555f8b7435a2cc50857276616c73210640e072a9b3c928931ef4510');
INSERT INTO audit VALUES(14,1795866955889,'command','command line',NULL,'campaign.send','campaign','2','{"due_at":1798621200000,"planned":15,"sender":"Nextpod"}',X'7c93d43bbdb1a371ce050a67aaf1bcdf6075e2944d0406a5c6c6ea3c5bbdba39');
INSERT INTO audit VALUES(15,1795866956261,'command','command line',NULL,'import.begin','import','3','{"bytes":32}',X'9f4ca07129b674ea2b583b40cc91e429ab226670b3478fd53f114b5d67114901');
INSERT INTO audit VALUES(16,1795866956417,'system','import',NULL,'import.done','import','3','{"doubtful":0,"duplicate":0,"good":1,"invalid":0,"missing":0,"not_mobile":0,"suppressed":0}',X'821effb14e2767b85572cc9b0fe103ce03141a5d902d06a6a49b3a95ce43109b');
INSERT INTO audit VALUES(17,1795866956421,'command','command line',NULL,'draft.new','draft','3','{}',X'492bbdf6c08b0602c3c56a7f44b93f8d634632add378b77f9c948d14e5a55d9a');
INSERT INTO audit VALUES(18,1795866956421,'command','command line',NULL,'draft.change','draft','3','{"fields":"name import_id sender text","version":2}',X'aa552f81a6f7f73bd47596173cb6f7fe1c036c68c451e96f9008e5d2cc3f7b2b');
INSERT INTO audit VALUES(19,1795866956432,'command','command line',NULL,'campaign.review','campaign','3','{"planned":1,"version":2}',X'7f44cb7bff1e9573a5d8e569f9e2bc57bc48575af98cedd560396b5627c11dc8');
INSERT INTO audit VALUES(20,1795866956462,'command','command line',NULL,'campaign.send','campaign','3','{"due_at":1795866956462,"planned":1,"sender":"Nextpod"}',X'9248ba478f0d5094a5a4088d7f4743b7440a9596f88cb320186e81a4d680beb3');
INSERT INTO audit VALUES(21,1795866956722,'command','command line',NULL,'import.begin','import','4','{"bytes":82}',X'e6b85a76f1d151816e0dd99e239719aa810d33df628542742d517af22e76e7d7');
INSERT INTO audit VALUES(22,1795866956781,'system','import',NULL,'import.done','import','4','{"doubtful":0,"duplicate":0,"good":3,"invalid":0,"missing":0,"not_mobile":0,"suppressed":0}',X'a4d0ea95feae2ec565638379446ca789e98420fadc9c9ed6263b39d499a6c6f9');
INSERT INTO audit VALUES(23,1795866956785,'command','command line',NULL,'draft.new','draft','4','{}',X'332f98339688c489b4817b1bdb8c384396032fff7a7c0b460fcce9d72ccb0b8f');
INSERT INTO audit VALUES(24,1795866956785,'command','command line',NULL,'draft.change','draft','4','{"fields":"name import_id sender text","version":2}',X'86e033dcac03a9b99c2abc844080b3bf7017f17a2be94fcaf60acfb5a18b5730');
INSERT INTO audit VALUES(25,1795866956791,'command','command line',NULL,'campaign.review','campaign','4','{"planned":3,"version":2}',X'd3d82ae0a824dd7c5c9924b6b12aafafab1d6462f8a9d52fde38cc071ed6abfe');
INSERT INTO audit VALUES(26,1795866956809,'command','command line',NULL,'campaign.send','campaign','4','{"due_at":1795866956809,"planned":3,"sender":"Nextpod"}',X'e0c8cfc99b04e28204dc62df0a202e5ce01563dd2193abf6f075fd6eebcada49');
INSERT INTO audit VALUES(27,1795866958550,'command','command line',NULL,'import.begin','import','5','{"bytes":1383}',X'bcd8667680c4a98c7fde982948fdc8e32956357edc3348f0b8a57c9780125d27');
INSERT INTO audit VALUES(28,1795866958670,'system','import',NULL,'import.done','import','5','{"doubtful":0,"duplicate":0,"good":60,"invalid":0,"missing":0,"not_mobile":0,"suppressed":0}',X'd06a4f3dadbb659ece4df0aeb908d6ae41694ca84f56510b0e29c6a35bfedebb');
INSERT INTO audit VALUES(29,1795866958672,'command','command line',NULL,'draft.new','draft','5','{}',X'8b30c4a1db871f64340786d5a0a9a3f1505ad268619948b60b4d4d4656e7cd75');
INSERT INTO audit VALUES(30,1795866958672,'command','command line',NULL,'draft.change','draft','5','{"fields":"name import_id sender text","version":2}',X'e4148de424813ad523153652c1bce15141120294e1c38ff06d9ed26bf18ffb75');
INSERT INTO audit VALUES(31,1795866958680,'command','command line',NULL,'campaign.review','campaign','5','{"planned":60,"version":2}',X'8955f77388943e7646177d0ee827518016f5519208c0fa6eeee662be0130010b');
INSERT INTO audit VALUES(32,1795866958700,'command','command line',NULL,'campaign.send','campaign','5','{"due_at":1795866958700,"planned":60,"sender":"Nextpod"}',X'd09b341688e3f97493997cea1a1fed02ea4f15406b461044e62ae3c674e7cc57');
INSERT INTO audit VALUES(33,1795866959041,'command','command line',NULL,'sender.add','sender','Nextpod','{}',X'27c928e5693392e1cc88ebbf15150e50802006e6a5ba153083165d0ae6f50cbf');
INSERT INTO audit VALUES(34,1795866959041,'command','command line',NULL,'sender.add','sender','2345','{}',X'c92b7af3d816478e33f6619041eb67a7ce8c8cf7668c071d6b3f81579364f2e8');
INSERT INTO audit VALUES(35,1795866959261,'command','command line',NULL,'options.change','options',NULL,'{"zone":"\"Europe/Oslo\""}',X'15efabe7fe6c1dbf5a6e57b6f800584669149c736997955586c487d8c3176d20');
CREATE TABLE heartbeats (
            process TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            detail TEXT NOT NULL DEFAULT '{}'
        ) STRICT, WITHOUT ROWID;
INSERT INTO heartbeats VALUES('dispatcher',1795866958703,1795866952450,24662,'{"under_way": 0}');
INSERT INTO heartbeats VALUES('ingester',1795866957744,1795866952388,24659,'{"taken": 23, "wrong_token": 0, "wrong_address": 0, "turned_away": 0}');
CREATE TABLE brakes (
            name TEXT PRIMARY KEY,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER
        ) STRICT, WITHOUT ROWID;
INSERT INTO brakes VALUES('lockout','{"text": "Resting", "values": {}}',1795866959261,1795867019261);
CREATE TABLE changes (topic TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO changes VALUES('campaigns',109);
INSERT INTO changes VALUES('imports',20);
INSERT INTO changes VALUES('inbox',3);
INSERT INTO changes VALUES('messages',38);
INSERT INTO changes VALUES('options',3);
INSERT INTO changes VALUES('quarantine',1);
INSERT INTO changes VALUES('suppressions',1);
CREATE TABLE watermarks (name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO watermarks VALUES('reports',30);
CREATE TABLE senders (
            name TEXT PRIMARY KEY,
            can_answer INTEGER NOT NULL,
            keyword TEXT,
            is_default INTEGER NOT NULL DEFAULT 0,
            accepted_at INTEGER,
            added_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO senders VALUES('2345',1,NULL,0,NULL,1795866959041);
INSERT INTO senders VALUES('Nextpod',0,NULL,1,NULL,1795866959041);
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
INSERT INTO imports VALUES(1,'m.csv','4d1474dc8e25040d.upload',905,X'bf5e7b54c6ba66543361002c43805ec00c9a4580404887b08c225955067b57e5','done',NULL,'NO',NULL,'[]','["Navn", "Mobilnr", "Sted", "Medlem", "Betalt til"]',1,1,'["Anne P\u00e5funn", "99998272", "Trondheim", "ja", "01.03.2026"]','[]','{"good": 16, "invalid": 2}',2,19,19,0,1795866954156,1795866954215,1795866954311,24694);
INSERT INTO imports VALUES(2,'m.csv','e83206c7dd77a142.upload',905,X'bf5e7b54c6ba66543361002c43805ec00c9a4580404887b08c225955067b57e5','done',NULL,'NO',NULL,'[]','["Navn", "Mobilnr", "Sted", "Medlem", "Betalt til"]',1,1,'["Anne P\u00e5funn", "99998272", "Trondheim", "ja", "01.03.2026"]','[]','{"good": 15, "invalid": 2, "suppressed": 1}',2,19,19,0,1795866955736,1795866955795,1795866955853,24718);
INSERT INTO imports VALUES(3,'u.csv','0c6a7a794a1baee4.upload',32,X'd061333ea883dc3d0cbf3b31827ff0555ae43956a4881a7d2eee850828639557','done',NULL,'NO',NULL,'[]','["Navn", "Mobilnr"]',1,1,'["Ut Pr\u00f8ve", "99999020"]','[]','{"good": 1}',2,2,2,0,1795866956261,1795866956304,1795866956417,24728);
INSERT INTO imports VALUES(4,'f.csv','1fd05a0594315aba.upload',82,X'86612031a3ec9f31b0896c692ba53b5da684fae4dbd8527e3daa4888577b5134','done',NULL,'NO',NULL,'[]','["Navn", "Mobilnr"]',1,1,'["Feil Pr\u00f8ve", "99999002"]','[]','{"good": 3}',2,4,4,0,1795866956722,1795866956735,1795866956781,24742);
INSERT INTO imports VALUES(5,'k.csv','d15170cbf0b27631.upload',1383,X'403d43b009ac13dfd2d24c2fd17acb1410b37951ea38633594e99f2224e310f5','done',NULL,'NO',NULL,'[]','["Navn", "Mobilnr"]',1,1,'["Navn0 Pr\u00f8ve", "99993000"]','[]','{"good": 60}',2,61,61,0,1795866958550,1795866958591,1795866958670,24828);
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
INSERT INTO staged VALUES(1,2,'good','4799998272','Anne Påfunn99998272Trondheimja01.03.2026',NULL,0);
INSERT INTO staged VALUES(1,3,'good','4799993898','Rolf Påfunn99993898Ålesundnei05.08.2026',NULL,0);
INSERT INTO staged VALUES(1,4,'good','4799996301','Vilde Påfunn99996301Stavangerja17.01.2026',NULL,0);
INSERT INTO staged VALUES(1,5,'good','4799990593','Gunhild Fiktiv+47 999 90 593Hamarnei22.08.2026',NULL,0);
INSERT INTO staged VALUES(1,6,'good','4799991022','Thor Oppspinn99991022Hamarja21.03.2026',NULL,0);
INSERT INTO staged VALUES(1,7,'good','4799996336','Siv Oppspinn999 96 336Osloja14.03.2026',NULL,0);
INSERT INTO staged VALUES(1,8,'good','4799990286','Terje Eksempelsen004799990286Bergenja20.12.2026',NULL,0);
INSERT INTO staged VALUES(1,9,'good','4799992806','Eva Påfunn999-92-806Kirkenesja05.11.2026',NULL,0);
INSERT INTO staged VALUES(1,10,'good','4799997155','Unni Prøve99 99 71 55Stavangerja07.04.2026',NULL,0);
INSERT INTO staged VALUES(1,11,'good','4799998157','Bjørn Liksom999 98 157Ålesundja13.03.2026',NULL,0);
INSERT INTO staged VALUES(1,12,'good','4799998064','Nils Diktet99 99 80 64Ålesundja15.04.2026',NULL,0);
INSERT INTO staged VALUES(1,13,'good','4799993716','Gunhild Eksempel999 93 716Karasjokja03.09.2026',NULL,0);
INSERT INTO staged VALUES(1,14,'good','4799995935','Torunn Eksempelsen999 95 935Tromsøja12.08.2026',NULL,0);
INSERT INTO staged VALUES(1,15,'invalid',NULL,'Aksel Prøvestad9172Hamarja08.06.2026','["{cell} is too short for a mobile number in {region}.",{"cell":"9172","region":"NO"},null,null]',0);
INSERT INTO staged VALUES(1,16,'good','4799999013','Prøve 9999901399999013Bergenja01.01.2026',NULL,0);
INSERT INTO staged VALUES(1,17,'good','4799999016','Prøve 9999901699999016Bergenja01.01.2026',NULL,0);
INSERT INTO staged VALUES(1,18,'good','4799999001','Prøve 9999900199999001Bergenja01.01.2026',NULL,0);
INSERT INTO staged VALUES(1,19,'invalid',NULL,'Feil Nummer123Osloja','["{cell} is too short for a mobile number in {region}.",{"cell":"123","region":"NO"},null,null]',0);
INSERT INTO staged VALUES(2,2,'good','4799998272','Anne Påfunn99998272Trondheimja01.03.2026',NULL,0);
INSERT INTO staged VALUES(2,3,'good','4799993898','Rolf Påfunn99993898Ålesundnei05.08.2026',NULL,0);
INSERT INTO staged VALUES(2,4,'good','4799996301','Vilde Påfunn99996301Stavangerja17.01.2026',NULL,0);
INSERT INTO staged VALUES(2,5,'good','4799990593','Gunhild Fiktiv+47 999 90 593Hamarnei22.08.2026',NULL,0);
INSERT INTO staged VALUES(2,6,'good','4799991022','Thor Oppspinn99991022Hamarja21.03.2026',NULL,0);
INSERT INTO staged VALUES(2,7,'good','4799996336','Siv Oppspinn999 96 336Osloja14.03.2026',NULL,0);
INSERT INTO staged VALUES(2,8,'good','4799990286','Terje Eksempelsen004799990286Bergenja20.12.2026',NULL,0);
INSERT INTO staged VALUES(2,9,'good','4799992806','Eva Påfunn999-92-806Kirkenesja05.11.2026',NULL,0);
INSERT INTO staged VALUES(2,10,'good','4799997155','Unni Prøve99 99 71 55Stavangerja07.04.2026',NULL,0);
INSERT INTO staged VALUES(2,11,'good','4799998157','Bjørn Liksom999 98 157Ålesundja13.03.2026',NULL,0);
INSERT INTO staged VALUES(2,12,'good','4799998064','Nils Diktet99 99 80 64Ålesundja15.04.2026',NULL,0);
INSERT INTO staged VALUES(2,13,'good','4799993716','Gunhild Eksempel999 93 716Karasjokja03.09.2026',NULL,0);
INSERT INTO staged VALUES(2,14,'good','4799995935','Torunn Eksempelsen999 95 935Tromsøja12.08.2026',NULL,0);
INSERT INTO staged VALUES(2,15,'invalid',NULL,'Aksel Prøvestad9172Hamarja08.06.2026','["{cell} is too short for a mobile number in {region}.",{"cell":"9172","region":"NO"},null,null]',0);
INSERT INTO staged VALUES(2,16,'suppressed','4799999013','Prøve 9999901399999013Bergenja01.01.2026','["This number is on the suppression list and gets nothing.",{},null,null]',0);
INSERT INTO staged VALUES(2,17,'good','4799999016','Prøve 9999901699999016Bergenja01.01.2026',NULL,0);
INSERT INTO staged VALUES(2,18,'good','4799999001','Prøve 9999900199999001Bergenja01.01.2026',NULL,0);
INSERT INTO staged VALUES(2,19,'invalid',NULL,'Feil Nummer123Osloja','["{cell} is too short for a mobile number in {region}.",{"cell":"123","region":"NO"},null,null]',0);
INSERT INTO staged VALUES(3,2,'good','4799999020','Ut Prøve99999020',NULL,0);
INSERT INTO staged VALUES(4,2,'good','4799999002','Feil Prøve99999002',NULL,0);
INSERT INTO staged VALUES(4,3,'good','4799999004','Avvist Prøve99999004',NULL,0);
INSERT INTO staged VALUES(4,4,'good','4799999005','Merkelig Prøve99999005',NULL,0);
INSERT INTO staged VALUES(5,2,'good','4799993000','Navn0 Prøve99993000',NULL,0);
INSERT INTO staged VALUES(5,3,'good','4799993001','Navn1 Prøve99993001',NULL,0);
INSERT INTO staged VALUES(5,4,'good','4799993002','Navn2 Prøve99993002',NULL,0);
INSERT INTO staged VALUES(5,5,'good','4799993003','Navn3 Prøve99993003',NULL,0);
INSERT INTO staged VALUES(5,6,'good','4799993004','Navn4 Prøve99993004',NULL,0);
INSERT INTO staged VALUES(5,7,'good','4799993005','Navn5 Prøve99993005',NULL,0);
INSERT INTO staged VALUES(5,8,'good','4799993006','Navn6 Prøve99993006',NULL,0);
INSERT INTO staged VALUES(5,9,'good','4799993007','Navn7 Prøve99993007',NULL,0);
INSERT INTO staged VALUES(5,10,'good','4799993008','Navn8 Prøve99993008',NULL,0);
INSERT INTO staged VALUES(5,11,'good','4799993009','Navn9 Prøve99993009',NULL,0);
INSERT INTO staged VALUES(5,12,'good','4799993010','Navn10 Prøve99993010',NULL,0);
INSERT INTO staged VALUES(5,13,'good','4799993011','Navn11 Prøve99993011',NULL,0);
INSERT INTO staged VALUES(5,14,'good','4799993012','Navn12 Prøve99993012',NULL,0);
INSERT INTO staged VALUES(5,15,'good','4799993013','Navn13 Prøve99993013',NULL,0);
INSERT INTO staged VALUES(5,16,'good','4799993014','Navn14 Prøve99993014',NULL,0);
INSERT INTO staged VALUES(5,17,'good','4799993015','Navn15 Prøve99993015',NULL,0);
INSERT INTO staged VALUES(5,18,'good','4799993016','Navn16 Prøve99993016',NULL,0);
INSERT INTO staged VALUES(5,19,'good','4799993017','Navn17 Prøve99993017',NULL,0);
INSERT INTO staged VALUES(5,20,'good','4799993018','Navn18 Prøve99993018',NULL,0);
INSERT INTO staged VALUES(5,21,'good','4799993019','Navn19 Prøve99993019',NULL,0);
INSERT INTO staged VALUES(5,22,'good','4799993020','Navn20 Prøve99993020',NULL,0);
INSERT INTO staged VALUES(5,23,'good','4799993021','Navn21 Prøve99993021',NULL,0);
INSERT INTO staged VALUES(5,24,'good','4799993022','Navn22 Prøve99993022',NULL,0);
INSERT INTO staged VALUES(5,25,'good','4799993023','Navn23 Prøve99993023',NULL,0);
INSERT INTO staged VALUES(5,26,'good','4799993024','Navn24 Prøve99993024',NULL,0);
INSERT INTO staged VALUES(5,27,'good','4799993025','Navn25 Prøve99993025',NULL,0);
INSERT INTO staged VALUES(5,28,'good','4799993026','Navn26 Prøve99993026',NULL,0);
INSERT INTO staged VALUES(5,29,'good','4799993027','Navn27 Prøve99993027',NULL,0);
INSERT INTO staged VALUES(5,30,'good','4799993028','Navn28 Prøve99993028',NULL,0);
INSERT INTO staged VALUES(5,31,'good','4799993029','Navn29 Prøve99993029',NULL,0);
INSERT INTO staged VALUES(5,32,'good','4799993030','Navn30 Prøve99993030',NULL,0);
INSERT INTO staged VALUES(5,33,'good','4799993031','Navn31 Prøve99993031',NULL,0);
INSERT INTO staged VALUES(5,34,'good','4799993032','Navn32 Prøve99993032',NULL,0);
INSERT INTO staged VALUES(5,35,'good','4799993033','Navn33 Prøve99993033',NULL,0);
INSERT INTO staged VALUES(5,36,'good','4799993034','Navn34 Prøve99993034',NULL,0);
INSERT INTO staged VALUES(5,37,'good','4799993035','Navn35 Prøve99993035',NULL,0);
INSERT INTO staged VALUES(5,38,'good','4799993036','Navn36 Prøve99993036',NULL,0);
INSERT INTO staged VALUES(5,39,'good','4799993037','Navn37 Prøve99993037',NULL,0);
INSERT INTO staged VALUES(5,40,'good','4799993038','Navn38 Prøve99993038',NULL,0);
INSERT INTO staged VALUES(5,41,'good','4799993039','Navn39 Prøve99993039',NULL,0);
INSERT INTO staged VALUES(5,42,'good','4799993040','Navn40 Prøve99993040',NULL,0);
INSERT INTO staged VALUES(5,43,'good','4799993041','Navn41 Prøve99993041',NULL,0);
INSERT INTO staged VALUES(5,44,'good','4799993042','Navn42 Prøve99993042',NULL,0);
INSERT INTO staged VALUES(5,45,'good','4799993043','Navn43 Prøve99993043',NULL,0);
INSERT INTO staged VALUES(5,46,'good','4799993044','Navn44 Prøve99993044',NULL,0);
INSERT INTO staged VALUES(5,47,'good','4799993045','Navn45 Prøve99993045',NULL,0);
INSERT INTO staged VALUES(5,48,'good','4799993046','Navn46 Prøve99993046',NULL,0);
INSERT INTO staged VALUES(5,49,'good','4799993047','Navn47 Prøve99993047',NULL,0);
INSERT INTO staged VALUES(5,50,'good','4799993048','Navn48 Prøve99993048',NULL,0);
INSERT INTO staged VALUES(5,51,'good','4799993049','Navn49 Prøve99993049',NULL,0);
INSERT INTO staged VALUES(5,52,'good','4799993050','Navn50 Prøve99993050',NULL,0);
INSERT INTO staged VALUES(5,53,'good','4799993051','Navn51 Prøve99993051',NULL,0);
INSERT INTO staged VALUES(5,54,'good','4799993052','Navn52 Prøve99993052',NULL,0);
INSERT INTO staged VALUES(5,55,'good','4799993053','Navn53 Prøve99993053',NULL,0);
INSERT INTO staged VALUES(5,56,'good','4799993054','Navn54 Prøve99993054',NULL,0);
INSERT INTO staged VALUES(5,57,'good','4799993055','Navn55 Prøve99993055',NULL,0);
INSERT INTO staged VALUES(5,58,'good','4799993056','Navn56 Prøve99993056',NULL,0);
INSERT INTO staged VALUES(5,59,'good','4799993057','Navn57 Prøve99993057',NULL,0);
INSERT INTO staged VALUES(5,60,'good','4799993058','Navn58 Prøve99993058',NULL,0);
INSERT INTO staged VALUES(5,61,'good','4799993059','Navn59 Prøve99993059',NULL,0);
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
INSERT INTO drafts VALUES(1,2,'Medlemmer','service','',1,'2345','Hei {{Navn}}, dette er en prøve. Svar JA',NULL,'{"zone": "Europe/Oslo", "window_from": null, "window_to": null, "window_reason": "", "per_minute": null, "spread_minutes": null, "urgent": false, "hand_over": false}','used',1795866954325,1795866954373,'command line');
INSERT INTO drafts VALUES(2,2,'Møte','service','',2,'Nextpod','Møte i morgen',1798621200000,'{"zone": "Europe/Oslo", "window_from": null, "window_to": null, "window_reason": "", "per_minute": null, "spread_minutes": null, "urgent": false, "hand_over": false}','used',1795866955857,1795866955889,'command line');
INSERT INTO drafts VALUES(3,2,'Uviss','service','',3,'Nextpod','Uviss',NULL,'{"zone": "Europe/Oslo", "window_from": null, "window_to": null, "window_reason": "", "per_minute": null, "spread_minutes": null, "urgent": false, "hand_over": false}','used',1795866956421,1795866956462,'command line');
INSERT INTO drafts VALUES(4,2,'Feiler','service','',4,'Nextpod','Feiler',NULL,'{"zone": "Europe/Oslo", "window_from": null, "window_to": null, "window_reason": "", "per_minute": null, "spread_minutes": null, "urgent": false, "hand_over": false}','used',1795866956785,1795866956809,'command line');
INSERT INTO drafts VALUES(5,2,'Halv','service','',5,'Nextpod','Hei {{Navn}}',NULL,'{"zone": "Europe/Oslo", "window_from": null, "window_to": null, "window_reason": "", "per_minute": null, "spread_minutes": null, "urgent": false, "hand_over": false}','used',1795866958672,1795866958700,'command line');
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
INSERT INTO campaigns VALUES(1,'campaign',1,2,1,'Medlemmer','service','','2345','Hei {{Navn}}, dette er en prøve. Svar JA','finished','{"parts_total": 16, "parts_min": 1, "parts_common": 1, "parts_max": 1, "ucs2": 0, "price": null, "currency": "NOK", "regions": {"NO": [16, 16, null]}, "left_out": {"invalid": 2}, "samples": [["4799998272", "Hei Anne Påfunn, dette er en prøve. Svar JA", 1, "gsm7"], ["4799993898", "Hei Rolf Påfunn, dette er en prøve. Svar JA", 1, "gsm7"], ["4799993716", "Hei Gunhild Eksempel, dette er en prøve. Svar JA", 1, "gsm7"], ["4799999001", "Hei Prøve 99999001, dette er en prøve. Svar JA", 1, "gsm7"], ["4799995935", "Hei Torunn Eksempelsen, dette er en prøve. Svar JA", 1, "gsm7"], ["4799996336", "Hei Siv Oppspinn, dette er en prøve. Svar JA", 1, "gsm7"], ["4799990286", "Hei Terje Eksempelsen, dette er en prøve. Svar JA", 1, "gsm7"], ["4799992806", "Hei Eva Påfunn, dette er en prøve. Svar JA", 1, "gsm7"], ["4799997155", "Hei Unni Prøve, dette er en prøve. Svar JA", 1, "gsm7"], ["4799998157", "Hei Bjørn Liksom, dette er en prøve. Svar JA", 1, "gsm7"]], "longest": ["4799995935", "Hei Torunn Eksempelsen, dette er en prøve. Svar JA", 1, "gsm7"], "first_at": 1795866954337, "last_at": 1795866954337, "warnings": [], "import_version": 2, "cells": [[1, "gsm7", 16]]}',16,16,1795866954337,1795866954373,NULL,NULL,'Europe/Oslo',NULL,NULL,0,0,NULL,1795866954740,1795866954337,1795866954510,1795866955037,'command line');
INSERT INTO campaigns VALUES(2,'campaign',2,2,2,'Møte','service','','Nextpod','Møte i morgen','scheduled','{"parts_total": 15, "parts_min": 1, "parts_common": 1, "parts_max": 1, "ucs2": 0, "price": null, "currency": "NOK", "regions": {"NO": [15, 15, null]}, "left_out": {"invalid": 2, "suppressed": 1}, "samples": [["4799998272", "Møte i morgen", 1, "gsm7"], ["4799993898", "Møte i morgen", 1, "gsm7"], ["4799993716", "Møte i morgen", 1, "gsm7"], ["4799990593", "Møte i morgen", 1, "gsm7"], ["4799995935", "Møte i morgen", 1, "gsm7"], ["4799996336", "Møte i morgen", 1, "gsm7"], ["4799990286", "Møte i morgen", 1, "gsm7"], ["4799992806", "Møte i morgen", 1, "gsm7"], ["4799997155", "Møte i morgen", 1, "gsm7"], ["4799998157", "Møte i morgen", 1, "gsm7"]], "longest": ["4799998272", "Møte i morgen", 1, "gsm7"], "first_at": 1798621200000, "last_at": 1798621200000, "warnings": ["[\"{count} of these people was texted by another campaign within {days} days.\",{\"count\":15,\"days\":7},\"{count} of these people were texted by another campaign within {days} days.\",15]", "[\"The same list was sent to before, in campaign {id}: {name}.\",{\"id\":1,\"name\":\"Medlemmer\"},null,null]"], "import_version": 2, "cells": [[1, "gsm7", 15]]}',15,15,1795866955865,1798621200000,NULL,NULL,'Europe/Oslo',NULL,NULL,0,0,NULL,0,1795866955865,NULL,NULL,'command line');
INSERT INTO campaigns VALUES(3,'campaign',3,2,3,'Uviss','service','','Nextpod','Uviss','finished','{"parts_total": 1, "parts_min": 1, "parts_common": 1, "parts_max": 1, "ucs2": 0, "price": null, "currency": "NOK", "regions": {"NO": [1, 1, null]}, "left_out": {}, "samples": [["4799999020", "Uviss", 1, "gsm7"]], "longest": ["4799999020", "Uviss", 1, "gsm7"], "first_at": 1795866956432, "last_at": 1795866956432, "warnings": [], "import_version": 2, "cells": [[1, "gsm7", 1]]}',1,1,1795866956432,1795866956462,NULL,NULL,'Europe/Oslo',NULL,NULL,0,0,NULL,1795866956626,1795866956432,1795866956626,1795866957175,'command line');
INSERT INTO campaigns VALUES(4,'campaign',4,2,4,'Feiler','service','','Nextpod','Feiler','finished','{"parts_total": 3, "parts_min": 1, "parts_common": 1, "parts_max": 1, "ucs2": 0, "price": null, "currency": "NOK", "regions": {"NO": [3, 3, null]}, "left_out": {}, "samples": [["4799999002", "Feiler", 1, "gsm7"], ["4799999004", "Feiler", 1, "gsm7"], ["4799999005", "Feiler", 1, "gsm7"]], "longest": ["4799999002", "Feiler", 1, "gsm7"], "first_at": 1795866956791, "last_at": 1795866956791, "warnings": [], "import_version": 2, "cells": [[1, "gsm7", 3]]}',3,3,1795866956791,1795866956809,NULL,NULL,'Europe/Oslo',NULL,NULL,0,0,NULL,1795866957175,1795866956791,1795866957175,1795866957691,'command line');
INSERT INTO campaigns VALUES(5,'campaign',5,2,5,'Halv','service','','Nextpod','Hei {{Navn}}','sending','{"parts_total": 60, "parts_min": 1, "parts_common": 1, "parts_max": 1, "ucs2": 0, "price": null, "currency": "NOK", "regions": {"NO": [60, 60, null]}, "left_out": {}, "samples": [["4799993018", "Hei Navn18 Prøve", 1, "gsm7"], ["4799993059", "Hei Navn59 Prøve", 1, "gsm7"], ["4799993043", "Hei Navn43 Prøve", 1, "gsm7"], ["4799993022", "Hei Navn22 Prøve", 1, "gsm7"], ["4799993023", "Hei Navn23 Prøve", 1, "gsm7"], ["4799993046", "Hei Navn46 Prøve", 1, "gsm7"], ["4799993045", "Hei Navn45 Prøve", 1, "gsm7"], ["4799993057", "Hei Navn57 Prøve", 1, "gsm7"], ["4799993008", "Hei Navn8 Prøve", 1, "gsm7"], ["4799993009", "Hei Navn9 Prøve", 1, "gsm7"]], "longest": ["4799993010", "Hei Navn10 Prøve", 1, "gsm7"], "first_at": 1795866958680, "last_at": 1795866958680, "warnings": [], "import_version": 2, "cells": [[1, "gsm7", 60]]}',60,60,1795866958680,1795866958700,NULL,NULL,'Europe/Oslo',NULL,NULL,0,0,NULL,1795866958906,1795866958680,1795866958703,NULL,'command line');
CREATE TABLE texts (
            id INTEGER PRIMARY KEY,
            campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
            text TEXT NOT NULL,
            parts INTEGER NOT NULL,
            alphabet TEXT NOT NULL CHECK (alphabet IN ('gsm7', 'ucs2'))
        ) STRICT;
INSERT INTO texts VALUES(1,1,'Hei Anne Påfunn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(2,1,'Hei Rolf Påfunn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(3,1,'Hei Vilde Påfunn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(4,1,'Hei Gunhild Fiktiv, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(5,1,'Hei Thor Oppspinn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(6,1,'Hei Siv Oppspinn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(7,1,'Hei Terje Eksempelsen, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(8,1,'Hei Eva Påfunn, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(9,1,'Hei Unni Prøve, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(10,1,'Hei Bjørn Liksom, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(11,1,'Hei Nils Diktet, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(12,1,'Hei Gunhild Eksempel, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(13,1,'Hei Torunn Eksempelsen, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(14,1,'Hei Prøve 99999013, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(15,1,'Hei Prøve 99999016, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(16,1,'Hei Prøve 99999001, dette er en prøve. Svar JA',1,'gsm7');
INSERT INTO texts VALUES(17,2,'Møte i morgen',1,'gsm7');
INSERT INTO texts VALUES(18,3,'Uviss',1,'gsm7');
INSERT INTO texts VALUES(19,4,'Feiler',1,'gsm7');
INSERT INTO texts VALUES(20,5,'Hei Navn0 Prøve',1,'gsm7');
INSERT INTO texts VALUES(21,5,'Hei Navn1 Prøve',1,'gsm7');
INSERT INTO texts VALUES(22,5,'Hei Navn2 Prøve',1,'gsm7');
INSERT INTO texts VALUES(23,5,'Hei Navn3 Prøve',1,'gsm7');
INSERT INTO texts VALUES(24,5,'Hei Navn4 Prøve',1,'gsm7');
INSERT INTO texts VALUES(25,5,'Hei Navn5 Prøve',1,'gsm7');
INSERT INTO texts VALUES(26,5,'Hei Navn6 Prøve',1,'gsm7');
INSERT INTO texts VALUES(27,5,'Hei Navn7 Prøve',1,'gsm7');
INSERT INTO texts VALUES(28,5,'Hei Navn8 Prøve',1,'gsm7');
INSERT INTO texts VALUES(29,5,'Hei Navn9 Prøve',1,'gsm7');
INSERT INTO texts VALUES(30,5,'Hei Navn10 Prøve',1,'gsm7');
INSERT INTO texts VALUES(31,5,'Hei Navn11 Prøve',1,'gsm7');
INSERT INTO texts VALUES(32,5,'Hei Navn12 Prøve',1,'gsm7');
INSERT INTO texts VALUES(33,5,'Hei Navn13 Prøve',1,'gsm7');
INSERT INTO texts VALUES(34,5,'Hei Navn14 Prøve',1,'gsm7');
INSERT INTO texts VALUES(35,5,'Hei Navn15 Prøve',1,'gsm7');
INSERT INTO texts VALUES(36,5,'Hei Navn16 Prøve',1,'gsm7');
INSERT INTO texts VALUES(37,5,'Hei Navn17 Prøve',1,'gsm7');
INSERT INTO texts VALUES(38,5,'Hei Navn18 Prøve',1,'gsm7');
INSERT INTO texts VALUES(39,5,'Hei Navn19 Prøve',1,'gsm7');
INSERT INTO texts VALUES(40,5,'Hei Navn20 Prøve',1,'gsm7');
INSERT INTO texts VALUES(41,5,'Hei Navn21 Prøve',1,'gsm7');
INSERT INTO texts VALUES(42,5,'Hei Navn22 Prøve',1,'gsm7');
INSERT INTO texts VALUES(43,5,'Hei Navn23 Prøve',1,'gsm7');
INSERT INTO texts VALUES(44,5,'Hei Navn24 Prøve',1,'gsm7');
INSERT INTO texts VALUES(45,5,'Hei Navn25 Prøve',1,'gsm7');
INSERT INTO texts VALUES(46,5,'Hei Navn26 Prøve',1,'gsm7');
INSERT INTO texts VALUES(47,5,'Hei Navn27 Prøve',1,'gsm7');
INSERT INTO texts VALUES(48,5,'Hei Navn28 Prøve',1,'gsm7');
INSERT INTO texts VALUES(49,5,'Hei Navn29 Prøve',1,'gsm7');
INSERT INTO texts VALUES(50,5,'Hei Navn30 Prøve',1,'gsm7');
INSERT INTO texts VALUES(51,5,'Hei Navn31 Prøve',1,'gsm7');
INSERT INTO texts VALUES(52,5,'Hei Navn32 Prøve',1,'gsm7');
INSERT INTO texts VALUES(53,5,'Hei Navn33 Prøve',1,'gsm7');
INSERT INTO texts VALUES(54,5,'Hei Navn34 Prøve',1,'gsm7');
INSERT INTO texts VALUES(55,5,'Hei Navn35 Prøve',1,'gsm7');
INSERT INTO texts VALUES(56,5,'Hei Navn36 Prøve',1,'gsm7');
INSERT INTO texts VALUES(57,5,'Hei Navn37 Prøve',1,'gsm7');
INSERT INTO texts VALUES(58,5,'Hei Navn38 Prøve',1,'gsm7');
INSERT INTO texts VALUES(59,5,'Hei Navn39 Prøve',1,'gsm7');
INSERT INTO texts VALUES(60,5,'Hei Navn40 Prøve',1,'gsm7');
INSERT INTO texts VALUES(61,5,'Hei Navn41 Prøve',1,'gsm7');
INSERT INTO texts VALUES(62,5,'Hei Navn42 Prøve',1,'gsm7');
INSERT INTO texts VALUES(63,5,'Hei Navn43 Prøve',1,'gsm7');
INSERT INTO texts VALUES(64,5,'Hei Navn44 Prøve',1,'gsm7');
INSERT INTO texts VALUES(65,5,'Hei Navn45 Prøve',1,'gsm7');
INSERT INTO texts VALUES(66,5,'Hei Navn46 Prøve',1,'gsm7');
INSERT INTO texts VALUES(67,5,'Hei Navn47 Prøve',1,'gsm7');
INSERT INTO texts VALUES(68,5,'Hei Navn48 Prøve',1,'gsm7');
INSERT INTO texts VALUES(69,5,'Hei Navn49 Prøve',1,'gsm7');
INSERT INTO texts VALUES(70,5,'Hei Navn50 Prøve',1,'gsm7');
INSERT INTO texts VALUES(71,5,'Hei Navn51 Prøve',1,'gsm7');
INSERT INTO texts VALUES(72,5,'Hei Navn52 Prøve',1,'gsm7');
INSERT INTO texts VALUES(73,5,'Hei Navn53 Prøve',1,'gsm7');
INSERT INTO texts VALUES(74,5,'Hei Navn54 Prøve',1,'gsm7');
INSERT INTO texts VALUES(75,5,'Hei Navn55 Prøve',1,'gsm7');
INSERT INTO texts VALUES(76,5,'Hei Navn56 Prøve',1,'gsm7');
INSERT INTO texts VALUES(77,5,'Hei Navn57 Prøve',1,'gsm7');
INSERT INTO texts VALUES(78,5,'Hei Navn58 Prøve',1,'gsm7');
INSERT INTO texts VALUES(79,5,'Hei Navn59 Prøve',1,'gsm7');
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
INSERT INTO batches VALUES(1,1,1,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954510);
INSERT INTO batches VALUES(2,1,2,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954702);
INSERT INTO batches VALUES(3,1,3,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954702);
INSERT INTO batches VALUES(4,1,4,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954717);
INSERT INTO batches VALUES(5,1,5,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954717);
INSERT INTO batches VALUES(6,1,6,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954717);
INSERT INTO batches VALUES(7,1,7,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954730);
INSERT INTO batches VALUES(8,1,8,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954730);
INSERT INTO batches VALUES(9,1,9,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954730);
INSERT INTO batches VALUES(10,1,10,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954730);
INSERT INTO batches VALUES(11,1,11,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954730);
INSERT INTO batches VALUES(12,1,12,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954740);
INSERT INTO batches VALUES(13,1,13,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954740);
INSERT INTO batches VALUES(14,1,14,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954740);
INSERT INTO batches VALUES(15,1,15,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954740);
INSERT INTO batches VALUES(16,1,16,NULL,'accepted',1,0,NULL,NULL,NULL,1795866954740);
INSERT INTO batches VALUES(17,3,18,NULL,'accepted',1,0,NULL,NULL,NULL,1795866956626);
INSERT INTO batches VALUES(18,4,19,NULL,'accepted',3,0,NULL,NULL,NULL,1795866957175);
INSERT INTO batches VALUES(19,5,20,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958703);
INSERT INTO batches VALUES(20,5,21,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958703);
INSERT INTO batches VALUES(21,5,22,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(22,5,23,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(23,5,24,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(24,5,25,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(25,5,26,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(26,5,27,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(27,5,28,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(28,5,29,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958758);
INSERT INTO batches VALUES(29,5,30,NULL,'accepted',1,0,NULL,NULL,NULL,1795866958784);
INSERT INTO batches VALUES(30,5,31,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(31,5,32,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(32,5,33,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(33,5,34,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(34,5,35,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(35,5,36,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(36,5,37,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(37,5,38,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048784,NULL,1795866958784);
INSERT INTO batches VALUES(38,5,39,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(39,5,40,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(40,5,41,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(41,5,42,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(42,5,43,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(43,5,44,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(44,5,45,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(45,5,46,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(46,5,47,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(47,5,48,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(48,5,49,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(49,5,50,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(50,5,51,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(51,5,52,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(52,5,53,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(53,5,54,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(54,5,55,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048795,NULL,1795866958795);
INSERT INTO batches VALUES(55,5,56,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(56,5,57,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(57,5,58,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(58,5,59,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(59,5,60,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(60,5,61,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
INSERT INTO batches VALUES(61,5,62,NULL,'sending',1,0,'vm:24662:32ec9711',1795867048906,NULL,1795866958906);
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
INSERT INTO attempts VALUES(1,1,X'93e5c04be191fac2c07bd82d4af927d0',1,1795866954510,1795866954702,'accepted',200,'');
INSERT INTO attempts VALUES(2,2,X'c5421adc36ffcd76bf37915caecab9ff',1,1795866954702,1795866954717,'accepted',200,'');
INSERT INTO attempts VALUES(3,3,X'12ea40e0ed293ec8060ecb0811945dff',1,1795866954702,1795866954730,'accepted',200,'');
INSERT INTO attempts VALUES(4,4,X'dd52fef92c18985358d031f770ac1710',1,1795866954717,1795866954740,'accepted',200,'');
INSERT INTO attempts VALUES(5,5,X'b9774c318481c22150b9a2d25c9fd8f5',1,1795866954717,1795866954750,'accepted',200,'');
INSERT INTO attempts VALUES(6,6,X'0192c9910db219876f0020e1d377d57f',1,1795866954717,1795866954750,'accepted',200,'');
INSERT INTO attempts VALUES(7,7,X'b762fb1bee839038c55d54a9011218d9',1,1795866954730,1795866954755,'accepted',200,'');
INSERT INTO attempts VALUES(8,8,X'e3889037603b31bc58c5b80dccabf89e',1,1795866954730,1795866954776,'accepted',200,'');
INSERT INTO attempts VALUES(9,9,X'b17d32fe56d99a3e4ac0a96de79ad6bb',1,1795866954730,1795866954776,'accepted',200,'');
INSERT INTO attempts VALUES(10,10,X'dc8682ec7d4d0b9ca1a84d9e191c9915',1,1795866954730,1795866954776,'accepted',200,'');
INSERT INTO attempts VALUES(11,11,X'0086b5312c9b78f6bd368bb8e0e6ca41',1,1795866954730,1795866954776,'accepted',200,'');
INSERT INTO attempts VALUES(12,12,X'8c0dd3361a4e40aa0b1a98b075890c47',1,1795866954740,1795866954769,'accepted',200,'');
INSERT INTO attempts VALUES(13,13,X'd81cb2f4ad793e5977e5abdd44d12870',1,1795866954740,1795866954778,'accepted',200,'');
INSERT INTO attempts VALUES(14,14,X'07bed3326b004f99ba25c7fd5bc34207',1,1795866954740,1795866954782,'accepted',200,'');
INSERT INTO attempts VALUES(15,15,X'b74aba262f29fd53e177fdb5a252a205',1,1795866954740,1795866954782,'accepted',200,'');
INSERT INTO attempts VALUES(16,16,X'dee56797b8170ab737a0e4a92e2f1f4a',1,1795866954740,1795866954782,'accepted',200,'');
INSERT INTO attempts VALUES(17,17,X'4d2c9b0c063066fb592caccd3e9cfb85',1,1795866956626,1795866956666,'unknown',NULL,'no answer: Server disconnected without sending a response.');
INSERT INTO attempts VALUES(18,18,X'36d68455f3b8dae333dd93f85b9dd7ce',3,1795866957175,1795866957189,'accepted',200,'');
INSERT INTO attempts VALUES(19,19,X'0f54708d081325898e3b627aaf4654ff',1,1795866958703,1795866958758,'accepted',200,'');
INSERT INTO attempts VALUES(20,20,X'15d9e82c3d394fe9149c433e9b6c5e63',1,1795866958703,1795866958758,'accepted',200,'');
INSERT INTO attempts VALUES(21,21,X'c9dab2199242d5daf3d0dd153002efc6',1,1795866958758,1795866958784,'accepted',200,'');
INSERT INTO attempts VALUES(22,22,X'3fa580f5a19db093264b1df6e0a89932',1,1795866958758,1795866958795,'accepted',200,'');
INSERT INTO attempts VALUES(23,23,X'c0727c2c3af9dcae7d9f96bbb7f4d4ea',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(24,24,X'7b59399e2b0e3e19781877ccef32742b',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(25,25,X'bb7c05791301e372858064b4d0b345ed',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(26,26,X'350240d23cda3f89677a291a116d5850',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(27,27,X'f5f25a36dc79383e8dddc82bb576cc98',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(28,28,X'f3b7d11377862cc3f797caf2842d7b3a',1,1795866958758,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(29,29,X'e5e52b7a8e3009d7a66029529001077a',1,1795866958784,1795866958906,'accepted',200,'');
INSERT INTO attempts VALUES(30,30,X'64ff27d9b6cee266c7663a8db2262a40',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(31,31,X'84b57f7b0c5b7010db2fabd444e8142d',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(32,32,X'9ff7d90d727238c51ecdd3ae5c2bf41e',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(33,33,X'78178fa73feb23ba62d73c32166aca51',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(34,34,X'5e6dc24ecaefa6184983fe0d28a868bd',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(35,35,X'5b7f7d8db01a2d2ad1b5d1b7e017bfd4',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(36,36,X'f7fe0de104974f49095e468ed64e578c',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(37,37,X'70a0e4a8d0aafc1ed78d3ea59d54839f',1,1795866958784,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(38,38,X'020da70cc41e24f6124728743b0a2f5b',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(39,39,X'5c35db6036450609bb7fd202e53ff7e5',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(40,40,X'f42f2695b84f62e27a28e6d4297112ae',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(41,41,X'2a07256da6d3d3d250bcc64585420208',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(42,42,X'6d39230c1eacb5aaf8883bb82906e512',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(43,43,X'2c6fa8869ef79297c2b6c38083eca461',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(44,44,X'a3b299079028a6f40d105d8b68d75094',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(45,45,X'4bc1711155f00a23a8cc3151e19da367',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(46,46,X'4e3f4b5a223ea674465c560e75a49ea5',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(47,47,X'8fc59b591f1c351df641076fb5b02ad9',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(48,48,X'96bf7057fca99ff686606a65aa457579',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(49,49,X'45979aa6aa364e816761d2a75d4bd680',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(50,50,X'ae0656949aa785b1ab2109c1f5680462',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(51,51,X'24939be5e291c54065c58ca739ea8730',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(52,52,X'178b55d62cb420b6f6ef26e02301b32a',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(53,53,X'f5d8833e28cad4fd10d95ae2d955a08a',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(54,54,X'a82ee3f336ef6c7dae6359c8128eca9f',1,1795866958795,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(55,55,X'9f562e0d2efcda053f60b1335d3941da',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(56,56,X'43feeb91fa8bdf4f99eb706f65ed8b23',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(57,57,X'2cc529ef739c434f1cade6ec8ef551f8',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(58,58,X'1b4cea74fb59c1ea81f7b51a39a962a1',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(59,59,X'272e1858c3111c2b51df6150b156a378',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(60,60,X'95345932475d3b8ecf5129d179c3f03a',1,1795866958906,NULL,NULL,NULL,NULL);
INSERT INTO attempts VALUES(61,61,X'ca5eef8e090828cc31320924fdabf26a',1,1795866958906,NULL,NULL,NULL,NULL);
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
INSERT INTO messages VALUES(1,1,1,2,'4799998272',0,'delivered',1,1795866954702,1795866954000,1,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(2,1,2,3,'4799993898',0,'delivered',2,1795866954717,1795866954000,16,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(3,1,3,4,'4799996301',0,'delivered',3,1795866954730,1795866954000,2,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(4,1,4,5,'4799990593',0,'delivered',4,1795866954740,1795866954000,4,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(5,1,5,6,'4799991022',0,'delivered',5,1795866954750,1795866954000,7,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(6,1,6,7,'4799996336',0,'delivered',6,1795866954750,1795866954000,10,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(7,1,7,8,'4799990286',0,'delivered',7,1795866954755,1795866954000,3,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(8,1,8,9,'4799992806',0,'delivered',8,1795866954776,1795866954000,12,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(9,1,9,10,'4799997155',0,'delivered',9,1795866954776,1795866954000,11,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(10,1,10,11,'4799998157',0,'delivered',10,1795866954776,1795866954000,15,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(11,1,11,12,'4799998064',0,'delivered',11,1795866954776,1795866954000,13,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(12,1,12,13,'4799993716',0,'delivered',12,1795866954769,1795866954000,8,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(13,1,13,14,'4799995935',0,'delivered',13,1795866954778,1795866954000,14,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(14,1,14,16,'4799999013',0,'delivered',14,1795866954782,1795866954000,5,242,14,NULL,'1001',0,0);
INSERT INTO messages VALUES(15,1,15,17,'4799999016',0,'delivered',15,1795866954782,1795866954000,9,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(16,1,16,18,'4799999001',0,'delivered',16,1795866954782,1795866954000,6,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(17,2,17,2,'4799998272',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(18,2,17,3,'4799993898',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(19,2,17,4,'4799996301',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(20,2,17,5,'4799990593',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(21,2,17,6,'4799991022',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(22,2,17,7,'4799996336',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(23,2,17,8,'4799990286',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(24,2,17,9,'4799992806',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(25,2,17,10,'4799997155',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(26,2,17,11,'4799998157',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(27,2,17,12,'4799998064',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(28,2,17,13,'4799993716',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(29,2,17,14,'4799995935',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(30,2,17,17,'4799999016',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(31,2,17,18,'4799999001',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(32,3,18,2,'4799999020',0,'delivered',17,1795866956000,1795866956000,17,242,2,NULL,'1001',0,4);
INSERT INTO messages VALUES(33,4,19,2,'4799999002',0,'failed',18,1795866957189,1795866957000,19,242,1,'FAILED','2104',NULL,0);
INSERT INTO messages VALUES(34,4,19,3,'4799999004',0,'rejected',18,1795866957189,1795866957000,18,242,1,'REJECTED','2103',NULL,0);
INSERT INTO messages VALUES(35,4,19,4,'4799999005',0,'unrecognised',18,1795866957189,1795866957000,20,242,2,'PARKED','7420',NULL,0);
INSERT INTO messages VALUES(36,5,20,2,'4799993000',0,'accepted',19,1795866958758,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(37,5,21,3,'4799993001',0,'delivered',20,1795866958758,1795866958000,21,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(38,5,22,4,'4799993002',0,'delivered',21,1795866958784,1795866958000,22,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(39,5,23,5,'4799993003',0,'delivered',22,1795866958795,1795866958000,23,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(40,5,24,6,'4799993004',0,'pending',23,1795866958906,1795866958000,25,242,2,NULL,'1012',NULL,0);
INSERT INTO messages VALUES(41,5,25,7,'4799993005',0,'delivered',24,1795866958906,1795866958000,28,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(42,5,26,8,'4799993006',0,'delivered',25,1795866958906,1795866958000,29,242,14,NULL,'1001',0,0);
INSERT INTO messages VALUES(43,5,27,9,'4799993007',0,'delivered',26,1795866958906,1795866958000,24,242,1,NULL,'1001',0,0);
INSERT INTO messages VALUES(44,5,28,10,'4799993008',0,'delivered',27,1795866958906,1795866958000,26,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(45,5,29,11,'4799993009',0,'delivered',28,1795866958906,1795866958000,30,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(46,5,30,12,'4799993010',0,'delivered',29,1795866958906,1795866958000,27,242,2,NULL,'1001',0,0);
INSERT INTO messages VALUES(47,5,31,13,'4799993011',0,'sending',30,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(48,5,32,14,'4799993012',0,'sending',31,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(49,5,33,15,'4799993013',0,'sending',32,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(50,5,34,16,'4799993014',0,'sending',33,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(51,5,35,17,'4799993015',0,'sending',34,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(52,5,36,18,'4799993016',0,'sending',35,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(53,5,37,19,'4799993017',0,'sending',36,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(54,5,38,20,'4799993018',0,'sending',37,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(55,5,39,21,'4799993019',0,'sending',38,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(56,5,40,22,'4799993020',0,'sending',39,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(57,5,41,23,'4799993021',0,'sending',40,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(58,5,42,24,'4799993022',0,'sending',41,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(59,5,43,25,'4799993023',0,'sending',42,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(60,5,44,26,'4799993024',0,'sending',43,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(61,5,45,27,'4799993025',0,'sending',44,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(62,5,46,28,'4799993026',0,'sending',45,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(63,5,47,29,'4799993027',0,'sending',46,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(64,5,48,30,'4799993028',0,'sending',47,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(65,5,49,31,'4799993029',0,'sending',48,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(66,5,50,32,'4799993030',0,'sending',49,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(67,5,51,33,'4799993031',0,'sending',50,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(68,5,52,34,'4799993032',0,'sending',51,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(69,5,53,35,'4799993033',0,'sending',52,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(70,5,54,36,'4799993034',0,'sending',53,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(71,5,55,37,'4799993035',0,'sending',54,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(72,5,56,38,'4799993036',0,'sending',55,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(73,5,57,39,'4799993037',0,'sending',56,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(74,5,58,40,'4799993038',0,'sending',57,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(75,5,59,41,'4799993039',0,'sending',58,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(76,5,60,42,'4799993040',0,'sending',59,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(77,5,61,43,'4799993041',0,'sending',60,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(78,5,62,44,'4799993042',0,'sending',61,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(79,5,63,45,'4799993043',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(80,5,64,46,'4799993044',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(81,5,65,47,'4799993045',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(82,5,66,48,'4799993046',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(83,5,67,49,'4799993047',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(84,5,68,50,'4799993048',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(85,5,69,51,'4799993049',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(86,5,70,52,'4799993050',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(87,5,71,53,'4799993051',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(88,5,72,54,'4799993052',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(89,5,73,55,'4799993053',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(90,5,74,56,'4799993054',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(91,5,75,57,'4799993055',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(92,5,76,58,'4799993056',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(93,5,77,59,'4799993057',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(94,5,78,60,'4799993058',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
INSERT INTO messages VALUES(95,5,79,61,'4799993059',0,'queued',NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,0);
CREATE TABLE moved (
            batch_id INTEGER NOT NULL REFERENCES batches (id),
            message_id INTEGER NOT NULL REFERENCES messages (id),
            PRIMARY KEY (batch_id, message_id)
        ) STRICT, WITHOUT ROWID;
INSERT INTO moved VALUES(1,1);
CREATE TABLE message_ids (
            nextpod_id BLOB PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES messages (id),
            attempt_id INTEGER NOT NULL REFERENCES attempts (id)
        ) STRICT, WITHOUT ROWID;
INSERT INTO message_ids VALUES(X'0fbf6524caaf472f8291f59338be19c8',38,21);
INSERT INTO message_ids VALUES(X'121ca3addc13431eb8c80b90c0f0d949',14,14);
INSERT INTO message_ids VALUES(X'144ac0327ec442289048dea6d3d129d0',6,6);
INSERT INTO message_ids VALUES(X'35169b82bc8e4ce7ac3952fa4653752b',16,16);
INSERT INTO message_ids VALUES(X'392d98b3d0964f7d9749c305bb4e78aa',8,8);
INSERT INTO message_ids VALUES(X'4458fe842e8b4255abd538a0038d81c7',1,1);
INSERT INTO message_ids VALUES(X'465a560af4fe47ac86c8c56ba0ece391',15,15);
INSERT INTO message_ids VALUES(X'4793e75bd09d45b9b30ee40d17ceb24d',12,12);
INSERT INTO message_ids VALUES(X'4d8a5dee87974c87ae8459ddae9c4023',35,18);
INSERT INTO message_ids VALUES(X'5971177ce2d14cff98eb4df05470784e',9,9);
INSERT INTO message_ids VALUES(X'5fb23ae2d5364c33b39fa5eb6cbd2dfb',34,18);
INSERT INTO message_ids VALUES(X'81ba0ee423e749efbc9c104c68025410',43,26);
INSERT INTO message_ids VALUES(X'8b517728eee947098b5bc2052cdcefce',45,28);
INSERT INTO message_ids VALUES(X'91a3786a6a7c4b71ba651f7c638a1809',44,27);
INSERT INTO message_ids VALUES(X'94af9c99e1514027bb49979b5543d6a1',13,13);
INSERT INTO message_ids VALUES(X'99745ecf839941bf91002392932e76df',10,10);
INSERT INTO message_ids VALUES(X'a07c8abd888847b5a4bfc938b9d58fd7',37,20);
INSERT INTO message_ids VALUES(X'a9f98acd9d574762bd38ed855506fef5',41,24);
INSERT INTO message_ids VALUES(X'aa39811b6e9945e298fb5685d5f7e270',7,7);
INSERT INTO message_ids VALUES(X'aab0b81de64a4ad38edf0c1f9860515d',5,5);
INSERT INTO message_ids VALUES(X'b4c94ac1d5cc4436b7a39b705519a3f2',2,2);
INSERT INTO message_ids VALUES(X'b794e9fccb28472db739b95d4b3f84a1',42,25);
INSERT INTO message_ids VALUES(X'd38788031406426d88a892173b26582c',4,4);
INSERT INTO message_ids VALUES(X'd9b29829cfb84c1b889788b2ec5b66c9',40,23);
INSERT INTO message_ids VALUES(X'df5eeb3395d54b2ca73d87296dd40fe9',33,18);
INSERT INTO message_ids VALUES(X'e4ab4e9b5d684c10a02840547c4ff34c',11,11);
INSERT INTO message_ids VALUES(X'e7f10ad57c1a4159bcf1fd3da449b9dc',3,3);
INSERT INTO message_ids VALUES(X'e8945aadfca24ceba9bb15e149dd4c40',39,22);
INSERT INTO message_ids VALUES(X'e9d3ec24491642cebc61bb6f071dc676',46,29);
INSERT INTO message_ids VALUES(X'ea5abc81e18a44fb9843ab4390cf142c',36,19);
CREATE TABLE answers (
            message_id INTEGER PRIMARY KEY REFERENCES messages (id),
            key TEXT NOT NULL UNIQUE,
            inbound_id INTEGER,
            override TEXT,
            by TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
INSERT INTO answers VALUES(46,'k1',1,NULL,'desk',1795866959261);
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
INSERT INTO reports VALUES(1,1795866954712,'127.0.0.1',X'4458fe842e8b4255abd538a0038d81c7','4799998272',X'93e5c04be191fac2c07bd82d4af927d0','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202234343538464538342d324538422d343235352d414244352d333841303033384438314337222c20227265666572656e6365223a20226e642d3933653563303462653139316661633263303762643832643461663932376430222c2022746f223a202234373939393938323732222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'e85cf9e5b0415c00306c20ee31a47230',0,1);
INSERT INTO reports VALUES(2,1795866954785,'127.0.0.1',X'e7f10ad57c1a4159bcf1fd3da449b9dc','4799996301',X'12ea40e0ed293ec8060ecb0811945dff','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202245374631304144352d374331412d343135392d424346312d464433444134343942394443222c20227265666572656e6365223a20226e642d3132656134306530656432393365633830363065636230383131393435646666222c2022746f223a202234373939393936333031222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'83087533cc59d56e116bf5fc8453ddb7',0,3);
INSERT INTO reports VALUES(3,1795866954788,'127.0.0.1',X'aa39811b6e9945e298fb5685d5f7e270','4799990286',X'b762fb1bee839038c55d54a9011218d9','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202241413339383131422d364539392d343545322d393846422d353638354435463745323730222c20227265666572656e6365223a20226e642d6237363266623162656538333930333863353564353461393031313231386439222c2022746f223a202234373939393930323836222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'7dacc6e2e4704d1b96efb1a7f601d141',0,7);
INSERT INTO reports VALUES(4,1795866954788,'127.0.0.1',X'd38788031406426d88a892173b26582c','4799990593',X'dd52fef92c18985358d031f770ac1710','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202244333837383830332d313430362d343236442d383841382d393231373342323635383243222c20227265666572656e6365223a20226e642d6464353266656639326331383938353335386430333166373730616331373130222c2022746f223a202234373939393930353933222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'516533cdb962d8517db32ad3ed5d67e5',0,4);
INSERT INTO reports VALUES(5,1795866954807,'127.0.0.1',X'121ca3addc13431eb8c80b90c0f0d949','4799999013',X'07bed3326b004f99ba25c7fd5bc34207','200','DELIVERED',1795866954000,1795866954000,'1001',242,14,1,X'7b226964223a202231323143413341442d444331332d343331452d423843382d304239304330463044393439222c20227265666572656e6365223a20226e642d3037626564333332366230303466393962613235633766643562633334323037222c2022746f223a202234373939393939303133222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a20223134222c20226d73675f7061727473223a202231227d',X'f58513a05e2b50f2b5d57e11236cabb4',0,14);
INSERT INTO reports VALUES(6,1795866954808,'127.0.0.1',X'35169b82bc8e4ce7ac3952fa4653752b','4799999001',X'dee56797b8170ab737a0e4a92e2f1f4a','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202233353136394238322d424338452d344345372d414333392d353246413436353337353242222c20227265666572656e6365223a20226e642d6465653536373937623831373061623733376130653461393265326631663461222c2022746f223a202234373939393939303031222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'4d003551efa31294449c0361b7e3da88',0,16);
INSERT INTO reports VALUES(7,1795866954808,'127.0.0.1',X'aab0b81de64a4ad38edf0c1f9860515d','4799991022',X'b9774c318481c22150b9a2d25c9fd8f5','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202241414230423831442d453634412d344144332d384544462d304331463938363035313544222c20227265666572656e6365223a20226e642d6239373734633331383438316332323135306239613264323563396664386635222c2022746f223a202234373939393931303232222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'6118c393667f2ac421048094bd80c661',0,5);
INSERT INTO reports VALUES(8,1795866954819,'127.0.0.1',X'4793e75bd09d45b9b30ee40d17ceb24d','4799993716',X'8c0dd3361a4e40aa0b1a98b075890c47','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202234373933453735422d443039442d343542392d423330452d453430443137434542323444222c20227265666572656e6365223a20226e642d3863306464333336316134653430616130623161393862303735383930633437222c2022746f223a202234373939393933373136222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'3995413316bbce0415320ced07a99900',0,12);
INSERT INTO reports VALUES(9,1795866954819,'127.0.0.1',X'465a560af4fe47ac86c8c56ba0ece391','4799999016',X'b74aba262f29fd53e177fdb5a252a205','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202234363541353630412d463446452d343741432d383643382d433536424130454345333931222c20227265666572656e6365223a20226e642d6237346162613236326632396664353365313737666462356132353261323035222c2022746f223a202234373939393939303136222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'b6b3bd080ff0ec0ab423b96fab787210',0,15);
INSERT INTO reports VALUES(10,1795866954843,'127.0.0.1',X'144ac0327ec442289048dea6d3d129d0','4799996336',X'0192c9910db219876f0020e1d377d57f','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202231343441433033322d374543342d343232382d393034382d444541364433443132394430222c20227265666572656e6365223a20226e642d3031393263393931306462323139383736663030323065316433373764353766222c2022746f223a202234373939393936333336222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'b0a5f43c4ec287b8128c445ed240be86',0,6);
INSERT INTO reports VALUES(11,1795866954845,'127.0.0.1',X'5971177ce2d14cff98eb4df05470784e','4799997155',X'b17d32fe56d99a3e4ac0a96de79ad6bb','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202235393731313737432d453244312d344346462d393845422d344446303534373037383445222c20227265666572656e6365223a20226e642d6231376433326665353664393961336534616330613936646537396164366262222c2022746f223a202234373939393937313535222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'47b3d7d3562b92ffda9dff47eefb04c9',0,9);
INSERT INTO reports VALUES(12,1795866954845,'127.0.0.1',X'392d98b3d0964f7d9749c305bb4e78aa','4799992806',X'e3889037603b31bc58c5b80dccabf89e','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202233393244393842332d443039362d344637442d393734392d433330354242344537384141222c20227265666572656e6365223a20226e642d6533383839303337363033623331626335386335623830646363616266383965222c2022746f223a202234373939393932383036222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'8e823ec48a2db0806aa53524b3d3aed8',0,8);
INSERT INTO reports VALUES(13,1795866954846,'127.0.0.1',X'e4ab4e9b5d684c10a02840547c4ff34c','4799998064',X'0086b5312c9b78f6bd368bb8e0e6ca41','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202245344142344539422d354436382d344331302d413032382d343035343743344646333443222c20227265666572656e6365223a20226e642d3030383662353331326339623738663662643336386262386530653663613431222c2022746f223a202234373939393938303634222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'3322160504578a59219055393c68ffca',0,11);
INSERT INTO reports VALUES(14,1795866954846,'127.0.0.1',X'94af9c99e1514027bb49979b5543d6a1','4799995935',X'd81cb2f4ad793e5977e5abdd44d12870','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202239344146394339392d453135312d343032372d424234392d393739423535343344364131222c20227265666572656e6365223a20226e642d6438316362326634616437393365353937376535616264643434643132383730222c2022746f223a202234373939393935393335222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'bb8fce2732f9248254f31b2c27d9de99',0,13);
INSERT INTO reports VALUES(15,1795866954893,'127.0.0.1',X'99745ecf839941bf91002392932e76df','4799998157',X'dc8682ec7d4d0b9ca1a84d9e191c9915','200','DELIVERED',1795866954000,1795866954000,'1001',242,1,1,X'7b226964223a202239393734354543462d383339392d343142462d393130302d323339323933324537364446222c20227265666572656e6365223a20226e642d6463383638326563376434643062396361316138346439653139316339393135222c2022746f223a202234373939393938313537222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'1afaae6d23cc3005db5a23ab9c497bea',0,10);
INSERT INTO reports VALUES(16,1795866954895,'127.0.0.1',X'b4c94ac1d5cc4436b7a39b705519a3f2','4799993898',X'c5421adc36ffcd76bf37915caecab9ff','200','DELIVERED',1795866954000,1795866954000,'1001',242,2,1,X'7b226964223a202242344339344143312d443543432d343433362d423741332d394237303535313941334632222c20227265666572656e6365223a20226e642d6335343231616463333666666364373662663337393135636165636162396666222c2022746f223a202234373939393933383938222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35345a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35345a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'17e1e54ed60decd35c04fc83115a911d',0,2);
INSERT INTO reports VALUES(17,1795866956676,'127.0.0.1',X'c67cb65734be4384b52afaff43fb4cb7','4799999020',X'4d2c9b0c063066fb592caccd3e9cfb85','200','DELIVERED',1795866956000,1795866956000,'1001',242,2,1,X'7b226964223a202243363743423635372d333442452d343338342d423532412d464146463433464234434237222c20227265666572656e6365223a20226e642d3464326339623063303633303636666235393263616363643365396366623835222c2022746f223a202234373939393939303230222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35365a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35365a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35365a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'eb5cc59d15f690f52f87296f434e4f2f',0,32);
INSERT INTO reports VALUES(18,1795866957210,'127.0.0.1',X'5fb23ae2d5364c33b39fa5eb6cbd2dfb','4799999004',X'36d68455f3b8dae333dd93f85b9dd7ce','403','REJECTED',1795866957000,1795866957000,'2103',242,1,1,X'7b226964223a202235464232334145322d443533362d344333332d423339462d413545423643424432444642222c20227265666572656e6365223a20226e642d3336643638343535663362386461653333336464393366383562396464376365222c2022746f223a202234373939393939303034222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35375a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f636f6465223a2022343033222c20227374617475735f74657874223a202252454a4543544544222c20226f70657261746f725f7374617475735f636f6465223a202232313033222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'b5fba8211886ac8a5138de8d1195cd73',0,34);
INSERT INTO reports VALUES(19,1795866957226,'127.0.0.1',X'df5eeb3395d54b2ca73d87296dd40fe9','4799999002',X'36d68455f3b8dae333dd93f85b9dd7ce','400','FAILED',1795866957000,1795866957000,'2104',242,1,1,X'7b226964223a202244463545454233332d393544352d344232432d413733442d383732393644443430464539222c20227265666572656e6365223a20226e642d3336643638343535663362386461653333336464393366383562396464376365222c2022746f223a202234373939393939303032222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35375a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f636f6465223a2022343030222c20227374617475735f74657874223a20224641494c4544222c20226f70657261746f725f7374617475735f636f6465223a202232313034222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'a3b0dfcd7c6a90ca7a092937caa295a1',0,33);
INSERT INTO reports VALUES(20,1795866957227,'127.0.0.1',X'4d8a5dee87974c87ae8459ddae9c4023','4799999005',X'36d68455f3b8dae333dd93f85b9dd7ce','742','PARKED',1795866957000,1795866957000,'7420',242,2,1,X'7b226964223a202234443841354445452d383739372d344338372d414538342d353944444145394334303233222c20227265666572656e6365223a20226e642d3336643638343535663362386461653333336464393366383562396464376365222c2022746f223a202234373939393939303035222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35375a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35375a222c20227374617475735f636f6465223a2022373432222c20227374617475735f74657874223a20225041524b4544222c20226f70657261746f725f7374617475735f636f6465223a202237343230222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'aad9c9100b914200f98fea7f92e25068',0,35);
INSERT INTO reports VALUES(21,1795866958820,'127.0.0.1',X'a07c8abd888847b5a4bfc938b9d58fd7','4799993001',X'15d9e82c3d394fe9149c433e9b6c5e63','200','DELIVERED',1795866958000,1795866958000,'1001',242,2,1,X'7b226964223a202241303743384142442d383838382d343742352d413442462d433933384239443538464437222c20227265666572656e6365223a20226e642d3135643965383263336433393466653931343963343333653962366335653633222c2022746f223a202234373939393933303031222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'5f6ca7783d12481ece35b7dad93241ae',0,37);
INSERT INTO reports VALUES(22,1795866958853,'127.0.0.1',X'0fbf6524caaf472f8291f59338be19c8','4799993002',X'c9dab2199242d5daf3d0dd153002efc6','200','DELIVERED',1795866958000,1795866958000,'1001',242,2,1,X'7b226964223a202230464246363532342d434141462d343732462d383239312d463539333338424531394338222c20227265666572656e6365223a20226e642d6339646162323139393234326435646166336430646431353330303265666336222c2022746f223a202234373939393933303032222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'3622978303263c3b1693e0956620e4bb',0,38);
INSERT INTO reports VALUES(23,1795866958857,'127.0.0.1',X'e8945aadfca24ceba9bb15e149dd4c40','4799993003',X'3fa580f5a19db093264b1df6e0a89932','200','DELIVERED',1795866958000,1795866958000,'1001',242,1,1,X'7b226964223a202245383934354141442d464341322d344345422d413942422d313545313439444434433430222c20227265666572656e6365223a20226e642d3366613538306635613139646230393332363462316466366530613839393332222c2022746f223a202234373939393933303033222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'cf1f41b3b87328424e1ec33b8c99ca4d',0,39);
INSERT INTO reports VALUES(24,1795866958861,'127.0.0.1',X'81ba0ee423e749efbc9c104c68025410','4799993007',X'350240d23cda3f89677a291a116d5850','200','DELIVERED',1795866958000,1795866958000,'1001',242,1,1,X'7b226964223a202238314241304545342d323345372d343945462d424339432d313034433638303235343130222c20227265666572656e6365223a20226e642d3335303234306432336364613366383936373761323931613131366435383530222c2022746f223a202234373939393933303037222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'5dc4c2f5d963dc782daa6846fe367753',0,43);
INSERT INTO reports VALUES(25,1795866958861,'127.0.0.1',X'd9b29829cfb84c1b889788b2ec5b66c9','4799993004',X'c0727c2c3af9dcae7d9f96bbb7f4d4ea','102','BUFFERED',1795866958000,1795866958000,'1012',242,2,1,X'7b226964223a202244394232393832392d434642382d344331422d383839372d383842324543354236364339222c20227265666572656e6365223a20226e642d6330373237633263336166396463616537643966393662626237663464346561222c2022746f223a202234373939393933303034222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022313032222c20227374617475735f74657874223a20224255464645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303132222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'a52fa3109aa5fe31a5e548d72bc7ee81',0,40);
INSERT INTO reports VALUES(26,1795866958861,'127.0.0.1',X'91a3786a6a7c4b71ba651f7c638a1809','4799993008',X'f5f25a36dc79383e8dddc82bb576cc98','200','DELIVERED',1795866958000,1795866958000,'1001',242,2,1,X'7b226964223a202239314133373836412d364137432d344237312d424136352d314637433633384131383039222c20227265666572656e6365223a20226e642d6635663235613336646337393338336538646464633832626235373663633938222c2022746f223a202234373939393933303038222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'b7d8121e5286f4001ab363406de9e908',0,44);
INSERT INTO reports VALUES(27,1795866958881,'127.0.0.1',X'e9d3ec24491642cebc61bb6f071dc676','4799993010',X'e5e52b7a8e3009d7a66029529001077a','200','DELIVERED',1795866958000,1795866958000,'1001',242,2,1,X'7b226964223a202245394433454332342d343931362d343243452d424336312d424236463037314443363736222c20227265666572656e6365223a20226e642d6535653532623761386533303039643761363630323935323930303130373761222c2022746f223a202234373939393933303130222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'0390c6258dbc43a2021bc4f699fe2a53',0,46);
INSERT INTO reports VALUES(28,1795866958882,'127.0.0.1',X'a9f98acd9d574762bd38ed855506fef5','4799993005',X'7b59399e2b0e3e19781877ccef32742b','200','DELIVERED',1795866958000,1795866958000,'1001',242,1,1,X'7b226964223a202241394639384143442d394435372d343736322d424433382d454438353535303646454635222c20227265666572656e6365223a20226e642d3762353933393965326230653365313937383138373763636566333237343262222c2022746f223a202234373939393933303035222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202231222c20226d73675f7061727473223a202231227d',X'cd3d1e974013e6b015c719282477d38f',0,41);
INSERT INTO reports VALUES(29,1795866958919,'127.0.0.1',X'b794e9fccb28472db739b95d4b3f84a1','4799993006',X'bb7c05791301e372858064b4d0b345ed','200','DELIVERED',1795866958000,1795866958000,'1001',242,14,1,X'7b226964223a202242373934453946432d434232382d343732442d423733392d423935443442334638344131222c20227265666572656e6365223a20226e642d6262376330353739313330316533373238353830363462346430623334356564222c2022746f223a202234373939393933303036222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a20223134222c20226d73675f7061727473223a202231227d',X'947ab7d0ac58dcb9414bffff96c9f663',0,42);
INSERT INTO reports VALUES(30,1795866958920,'127.0.0.1',X'8b517728eee947098b5bc2052cdcefce','4799993009',X'f3b7d11377862cc3f797caf2842d7b3a','200','DELIVERED',1795866958000,1795866958000,'1001',242,2,1,X'7b226964223a202238423531373732382d454545392d343730392d384235422d433230353243444345464345222c20227265666572656e6365223a20226e642d6633623764313133373738363263633366373937636166323834326437623361222c2022746f223a202234373939393933303039222c2022637265617465645f74696d65223a2022323032362d31312d32385431313a35353a35385a222c202273656e745f74696d65223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f75706461746564223a2022323032362d31312d32385431313a35353a35385a222c20227374617475735f636f6465223a2022323030222c20227374617475735f74657874223a202244454c495645524544222c20226f70657261746f725f7374617475735f636f6465223a202231303031222c20226d6363223a2022323432222c20226d6e63223a202232222c20226d73675f7061727473223a202231227d',X'3d809c6198139747223f636b18cf760e',0,45);
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
INSERT INTO quarantine VALUES(1,1795866957857,'127.0.0.1','dlr','application/x-www-form-urlencoded','',X'6e6f74206a736f6e20617420616c6c','["The body is neither JSON nor FORM.",{},null,null]',X'b172ea6ef412d60fa03f331ee061de58',0,NULL);
CREATE TABLE status_words (
            word TEXT PRIMARY KEY,
            class TEXT NOT NULL,
            assigned_at INTEGER NOT NULL,
            assigned_by TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO status_words VALUES('BUFFERED_AT_SMSC','open',1795866959261,'desk');
CREATE TABLE conversations (
            msisdn TEXT PRIMARY KEY,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'waiting', 'closed')),
            unread INTEGER NOT NULL DEFAULT 0,
            waiting_since INTEGER,
            last_inbound_id INTEGER,
            last_at INTEGER NOT NULL,
            owner TEXT
        ) STRICT, WITHOUT ROWID;
INSERT INTO conversations VALUES('4799992806','open',1,1795866955003,2,1795866955003,NULL);
INSERT INTO conversations VALUES('4799993716','open',1,1795866955114,3,1795866955114,NULL);
INSERT INTO conversations VALUES('4799999013','open',1,1795866954914,1,1795866954914,NULL);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','numbers','numbers',0,'CREATE VIRTUAL TABLE numbers USING fts5 (msisdn, tokenize = ''trigram'')');
CREATE TABLE IF NOT EXISTS 'numbers_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO numbers_data VALUES(1,X'0318');
INSERT INTO numbers_data VALUES(10,X'000000000103030003010101020101030101');
INSERT INTO numbers_data VALUES(137438953473,X'000000330430303133010209010334373901020201033739390102030103393031010208020239300102070301390106040303040808080807');
INSERT INTO numbers_data VALUES(274877906945,X'0000003a04303238300202080103343739020202010337393902020301033830360202090103393238020207020239320202060301390204040304080808080807');
INSERT INTO numbers_data VALUES(412316860417,X'00000039043033373103020801033437390302020103373136030209020239390302030103393337030207020239330302060301390304040304080808070807');
CREATE TABLE IF NOT EXISTS 'numbers_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO numbers_idx VALUES(1,X'',2);
INSERT INTO numbers_idx VALUES(2,X'',2);
INSERT INTO numbers_idx VALUES(3,X'',2);
CREATE TABLE IF NOT EXISTS 'numbers_content'(id INTEGER PRIMARY KEY, c0);
INSERT INTO numbers_content VALUES(1,'4799999013');
INSERT INTO numbers_content VALUES(2,'4799992806');
INSERT INTO numbers_content VALUES(3,'4799993716');
CREATE TABLE IF NOT EXISTS 'numbers_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO numbers_docsize VALUES(1,X'08');
INSERT INTO numbers_docsize VALUES(2,X'08');
INSERT INTO numbers_docsize VALUES(3,X'08');
CREATE TABLE IF NOT EXISTS 'numbers_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO numbers_config VALUES('version',4);
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
INSERT INTO inbound VALUES(1,1795866954914,'127.0.0.1','1795866952351','4799999013','2345','STOPP','STOPP',NULL,0,242,14,'2026-11-28T11:55:54',1795866954000,X'7b226964223a202231373935383636393532333531222c202266726f6d223a202234373939393939303133222c2022746f223a202232333435222c20226d7367223a202253544f5050222c20226b6579776f7264223a202253544f5050222c20227375625f6b6579776f7264223a2022222c20226b6579776f72645f72756c6573223a202266616c7365222c20226d6363223a2022323432222c20226d6e63223a20223134222c202272656365697665645f74696d65223a2022323032362d31312d32385431313a35353a3534227d',X'78cb59d3aa507108f8c050797e07571d',0,'out',1,132,NULL);
INSERT INTO inbound VALUES(2,1795866955003,'127.0.0.1','1795866952350','4799992806','2345','Ja','JA',NULL,0,242,1,'2026-11-28T11:55:54',1795866954000,X'7b226964223a202231373935383636393532333530222c202266726f6d223a202234373939393932383036222c2022746f223a202232333435222c20226d7367223a20224a61222c20226b6579776f7264223a20224a41222c20227375625f6b6579776f7264223a2022222c20226b6579776f72645f72756c6573223a202266616c7365222c20226d6363223a2022323432222c20226d6e63223a202231222c202272656365697665645f74696d65223a2022323032362d31312d32385431313a35353a3534227d',X'61062a561b7902551eb2b69de9f184bf',0,'none',1,227,NULL);
INSERT INTO inbound VALUES(3,1795866955114,'127.0.0.1','1795866952349','4799993716','2345','Ja, jeg kommer','JA','JEG',0,242,2,'2026-11-28T11:55:55',1795866955000,X'7b226964223a202231373935383636393532333439222c202266726f6d223a202234373939393933373136222c2022746f223a202232333435222c20226d7367223a20224a612c206a6567206b6f6d6d6572222c20226b6579776f7264223a20224a41222c20227375625f6b6579776f7264223a20224a4547222c20226b6579776f72645f72756c6573223a202266616c7365222c20226d6363223a2022323432222c20226d6e63223a202232222c202272656365697665645f74696d65223a2022323032362d31312d32385431313a35353a3535227d',X'0fdd8c1e85acf5d16166c4125ad166ec',0,'none',1,345,NULL);
CREATE TABLE labels (msisdn TEXT NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
            PRIMARY KEY (msisdn, label)) STRICT, WITHOUT ROWID;
INSERT INTO labels VALUES('4799999013','viktig',1795866959261,'desk');
CREATE TABLE notes (
            id INTEGER PRIMARY KEY,
            msisdn TEXT NOT NULL,
            text TEXT NOT NULL,
            at INTEGER NOT NULL,
            by TEXT NOT NULL
        ) STRICT;
INSERT INTO notes VALUES(1,'4799999013','Ringte tilbake.',1795866959261,'desk');
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','inbound_words','inbound_words',0,'CREATE VIRTUAL TABLE inbound_words USING fts5 (folded, content = '''', contentless_delete = 1, prefix = ''2 3'')');
CREATE TABLE IF NOT EXISTS 'inbound_words_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO inbound_words_data VALUES(1,X'0305');
INSERT INTO inbound_words_data VALUES(10,X'00000000ff0000010103030003010101010100000102010102020000010301010303000001');
INSERT INTO inbound_words_data VALUES(137438953473,X'0000001f063073746f7070010202000331737401020200043273746f010202040a08');
INSERT INTO inbound_words_data VALUES(274877906945,X'0000001303306a610202020003316a610202020407');
INSERT INTO inbound_words_data VALUES(412316860417,X'0000004303306a610302020202656703020301066b6f6d6d65720302040003316a6103020202016503020301026b6f0302040004326a656703020301036b6f6d0302040407070b08060709');
CREATE TABLE IF NOT EXISTS 'inbound_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO inbound_words_idx VALUES(1,X'',2);
INSERT INTO inbound_words_idx VALUES(2,X'',2);
INSERT INTO inbound_words_idx VALUES(3,X'',2);
CREATE TABLE IF NOT EXISTS 'inbound_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);
INSERT INTO inbound_words_docsize VALUES(1,X'01',1);
INSERT INTO inbound_words_docsize VALUES(2,X'01',2);
INSERT INTO inbound_words_docsize VALUES(3,X'03',3);
CREATE TABLE IF NOT EXISTS 'inbound_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO inbound_words_config VALUES('version',4);
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
INSERT INTO suppressions VALUES(1,'4799999013','stop',1,'',1795866954914,'ingester',NULL,NULL,NULL,NULL,NULL);
INSERT INTO suppressions VALUES(2,'4799994444','hand',NULL,'ba om det',1795866959261,'desk',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO counts VALUES(1,1795863600000,242,1,'delivered',1,'gsm7',8);
INSERT INTO counts VALUES(1,1795863600000,242,2,'delivered',1,'gsm7',7);
INSERT INTO counts VALUES(1,1795863600000,242,14,'delivered',1,'gsm7',1);
INSERT INTO counts VALUES(2,0,0,0,'queued',1,'gsm7',15);
INSERT INTO counts VALUES(3,1795863600000,242,2,'delivered',1,'gsm7',1);
INSERT INTO counts VALUES(4,1795863600000,242,1,'failed',1,'gsm7',1);
INSERT INTO counts VALUES(4,1795863600000,242,1,'rejected',1,'gsm7',1);
INSERT INTO counts VALUES(4,1795863600000,242,2,'unrecognised',1,'gsm7',1);
INSERT INTO counts VALUES(5,0,0,0,'queued',1,'gsm7',17);
INSERT INTO counts VALUES(5,0,0,0,'sending',1,'gsm7',32);
INSERT INTO counts VALUES(5,1795863600000,0,0,'accepted',1,'gsm7',1);
INSERT INTO counts VALUES(5,1795863600000,242,1,'delivered',1,'gsm7',3);
INSERT INTO counts VALUES(5,1795863600000,242,2,'delivered',1,'gsm7',5);
INSERT INTO counts VALUES(5,1795863600000,242,2,'pending',1,'gsm7',1);
INSERT INTO counts VALUES(5,1795863600000,242,14,'delivered',1,'gsm7',1);
CREATE TABLE latencies (
            campaign_id INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            mcc INTEGER NOT NULL,
            mnc INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, hour, mcc, mnc, bucket)
        ) STRICT, WITHOUT ROWID;
INSERT INTO latencies VALUES(1,1795863600000,242,1,0,8);
INSERT INTO latencies VALUES(1,1795863600000,242,2,0,7);
INSERT INTO latencies VALUES(1,1795863600000,242,14,0,1);
INSERT INTO latencies VALUES(3,1795863600000,242,2,0,1);
INSERT INTO latencies VALUES(5,1795863600000,242,1,0,3);
INSERT INTO latencies VALUES(5,1795863600000,242,2,0,5);
INSERT INTO latencies VALUES(5,1795863600000,242,14,0,1);
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
INSERT INTO reasons VALUES(4,1795863600000,242,1,'failed','FAILED','2104',1);
INSERT INTO reasons VALUES(4,1795863600000,242,1,'rejected','REJECTED','2103',1);
INSERT INTO reasons VALUES(4,1795863600000,242,2,'unrecognised','PARKED','7420',1);
CREATE TABLE timeline (
            campaign_id INTEGER NOT NULL,
            minute INTEGER NOT NULL,
            status TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, minute, status)
        ) STRICT, WITHOUT ROWID;
INSERT INTO timeline VALUES(1,1795866900000,'delivered',16);
INSERT INTO timeline VALUES(1,1795866900000,'left',16);
INSERT INTO timeline VALUES(3,1795866900000,'delivered',1);
INSERT INTO timeline VALUES(3,1795866900000,'left',1);
INSERT INTO timeline VALUES(4,1795866900000,'failed',1);
INSERT INTO timeline VALUES(4,1795866900000,'left',3);
INSERT INTO timeline VALUES(4,1795866900000,'rejected',1);
INSERT INTO timeline VALUES(4,1795866900000,'unrecognised',1);
INSERT INTO timeline VALUES(5,1795866900000,'delivered',9);
INSERT INTO timeline VALUES(5,1795866900000,'left',11);
INSERT INTO timeline VALUES(5,1795866900000,'pending',1);
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
INSERT INTO inbound_counts VALUES(1795863600000,'2345','JA','','none',1,1);
INSERT INTO inbound_counts VALUES(1795863600000,'2345','JA','JEG','none',1,1);
INSERT INTO inbound_counts VALUES(1795863600000,'2345','STOPP','','out',1,1);
CREATE TABLE answered (
            campaign_id INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            people INTEGER NOT NULL,
            opted_out INTEGER NOT NULL,
            PRIMARY KEY (campaign_id, bucket)
        ) STRICT, WITHOUT ROWID;
INSERT INTO answered VALUES(1,4,1,1);
INSERT INTO answered VALUES(1,10,1,0);
INSERT INTO answered VALUES(1,15,1,0);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX audit_subject ON audit (subject, subject_id, id);
CREATE INDEX imports_digest ON imports (digest);
CREATE INDEX staged_problems ON staged (import_id, verdict, row) WHERE verdict <> 'good';
CREATE INDEX drafts_open ON drafts (changed_at) WHERE state = 'open';
CREATE INDEX campaigns_active ON campaigns (due_at) WHERE state IN ('scheduled', 'sending', 'paused');
CREATE INDEX campaigns_state ON campaigns (state, id);
CREATE UNIQUE INDEX campaigns_own ON campaigns (kind, sender) WHERE kind <> 'campaign';
CREATE INDEX texts_campaign ON texts (campaign_id);
CREATE INDEX batches_open ON batches (state, next_at) WHERE state IN ('sending', 'waiting', 'held', 'unknown');
CREATE INDEX batches_campaign ON batches (campaign_id, id);
CREATE INDEX attempts_batch ON attempts (batch_id);
CREATE INDEX attempts_failed ON attempts (ended_at) WHERE outcome NOT IN ('accepted', 'not_sent');
CREATE INDEX attempts_started ON attempts (started_at);
CREATE UNIQUE INDEX messages_once ON messages (campaign_id, msisdn, turn);
CREATE INDEX messages_queued ON messages (campaign_id, text_id, id) WHERE status = 'queued';
CREATE INDEX messages_odd ON messages (campaign_id, status, id)
            WHERE status IN
                ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected', 'unrecognised');
CREATE INDEX messages_person ON messages (msisdn, id);
CREATE INDEX messages_batch ON messages (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX message_ids_message ON message_ids (message_id);
CREATE INDEX reports_message ON reports (message_id, id) WHERE message_id IS NOT NULL;
CREATE INDEX reports_orphan_id ON reports (nextpod_id) WHERE message_id IS NULL;
CREATE INDEX reports_orphan_reference ON reports (reference, msisdn) WHERE message_id IS NULL;
CREATE INDEX conversations_waiting ON conversations (state, waiting_since, msisdn);
CREATE INDEX conversations_state ON conversations (state, last_at, msisdn);
CREATE INDEX conversations_recent ON conversations (last_at, msisdn);
CREATE INDEX conversations_owner ON conversations (owner, last_at) WHERE owner IS NOT NULL;
CREATE INDEX conversations_unread ON conversations (waiting_since, msisdn) WHERE unread > 0;
CREATE TRIGGER conversations_named AFTER INSERT ON conversations
            BEGIN INSERT INTO numbers (msisdn) VALUES (new.msisdn); END;
CREATE TRIGGER conversations_renamed AFTER UPDATE OF msisdn ON conversations WHEN old.msisdn <> new.msisdn
            BEGIN DELETE FROM numbers WHERE numbers MATCH '"' || replace(old.msisdn, '"', '""') || '"'
                                      AND msisdn = old.msisdn; INSERT INTO numbers (msisdn) VALUES (new.msisdn); END;
CREATE TRIGGER conversations_gone AFTER DELETE ON conversations
            BEGIN DELETE FROM numbers WHERE numbers MATCH '"' || replace(old.msisdn, '"', '""') || '"'
                                      AND msisdn = old.msisdn; END;
CREATE INDEX inbound_person ON inbound (msisdn, id);
CREATE INDEX inbound_keyword ON inbound (keyword, id);
CREATE INDEX inbound_sub_keyword ON inbound (keyword, sub_keyword, id) WHERE sub_keyword IS NOT NULL;
CREATE INDEX inbound_short_code ON inbound (short_code, id);
CREATE INDEX inbound_campaign ON inbound (campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX labels_label ON labels (label, msisdn);
CREATE INDEX notes_person ON notes (msisdn, id);
CREATE INDEX suppressions_doubtful ON suppressions (id)
            WHERE reason = 'prefix' AND lifted_at IS NULL AND reviewed_at IS NULL;
CREATE UNIQUE INDEX suppressions_active ON suppressions (msisdn) WHERE lifted_at IS NULL;
CREATE INDEX suppressions_person ON suppressions (msisdn, id);
CREATE INDEX suppressions_message ON suppressions (inbound_id) WHERE inbound_id IS NOT NULL;
CREATE INDEX counts_hour ON counts (hour, campaign_id);
CREATE INDEX latencies_hour ON latencies (hour);
CREATE INDEX reasons_hour ON reasons (hour);
CREATE INDEX timeline_minute ON timeline (minute);
CREATE INDEX inbound_counts_campaign ON inbound_counts (campaign_id) WHERE campaign_id <> 0;
PRAGMA writable_schema=OFF;
COMMIT;
PRAGMA user_version = 5;
