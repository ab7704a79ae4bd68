BEGIN TRANSACTION;
CREATE TABLE accounts (
	id BIGINT NOT NULL, 
	actor_uri TEXT NOT NULL, 
	username VARCHAR(30) NOT NULL, 
	email TEXT, 
	password_hash TEXT NOT NULL, 
	administrator BOOLEAN DEFAULT '0' NOT NULL, 
	language VARCHAR(8), 
	default_audience VARCHAR(12) DEFAULT 'organisation' NOT NULL, 
	app_audience VARCHAR(12) DEFAULT 'public' NOT NULL, 
	quote_policy VARCHAR(10) DEFAULT 'public' NOT NULL, 
	summary_source TEXT DEFAULT '' NOT NULL, 
	fields_source TEXT DEFAULT '[]' NOT NULL, 
	posts_sensitive BOOLEAN DEFAULT '0' NOT NULL, 
	posts_language VARCHAR(8), 
	created_at BIGINT NOT NULL, 
	last_seen_at BIGINT, 
	disabled_at BIGINT, 
	pending BOOLEAN DEFAULT '0' NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_actor_uri UNIQUE (actor_uri), 
	CONSTRAINT uq_accounts_username UNIQUE (username)
);
INSERT INTO "accounts" VALUES(3764387840000575601,'https://gouda.example/users/fatima','fatima',NULL,'none',0,NULL,'organisation','public','public','','[]',0,NULL,1795000000000,NULL,NULL,0,'');
INSERT INTO "accounts" VALUES(3764387840000575927,'https://gouda.example/users/bram','bram',NULL,'none',0,NULL,'organisation','public','public','','[]',0,NULL,1795000000000,NULL,NULL,0,'');
INSERT INTO "accounts" VALUES(3764569033933075807,'https://gouda.example/users/weg','weg',NULL,'none',0,NULL,'organisation','public','public','','[]',0,NULL,1795086400000,NULL,NULL,0,'');
CREATE TABLE activities (
	id BIGINT NOT NULL, 
	uri TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	type VARCHAR(40) NOT NULL, 
	object_uri TEXT, 
	visibility VARCHAR(12) NOT NULL, 
	document TEXT NOT NULL, 
	published_at BIGINT NOT NULL, 
	CONSTRAINT pk_activities PRIMARY KEY (id), 
	CONSTRAINT uq_activities_uri UNIQUE (uri)
);
INSERT INTO "activities" VALUES(3764387840000576421,'https://gouda.example/activities/3764387840000576421','https://gouda.example/users/fatima','Create','https://gouda.example/posts/3764387840000576268','public','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/activities/3764387840000576421","actor":"https://gouda.example/users/fatima","published":"2026-11-18T11:06:40.000Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/fatima/followers"],"type":"Create","object":{"summary":"Een bericht met een link, voor wie het lezen wil.","id":"https://gouda.example/posts/3764387840000576268","type":"Article","attributedTo":"https://gouda.example/users/fatima","content":"<p>Een <strong>bericht</strong> met een <a href=\"https://delft.example/\" rel=\"nofollow noopener noreferrer ugc\">link</a>, voor wie het lezen wil.</p>","published":"2026-11-18T11:06:40.000Z","url":"https://gouda.example/posts/3764387840000576268","sensitive":false,"tag":[],"attachment":[],"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/fatima/followers"],"contentMap":{"nl":"<p>Een <strong>bericht</strong> met een <a href=\"https://delft.example/\" rel=\"nofollow noopener noreferrer ugc\">link</a>, voor wie het lezen wil.</p>"},"interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}},"replies":"https://gouda.example/posts/3764387840000576268/replies","name":"Een artikel","preview":{"type":"Note","attributedTo":"https://gouda.example/users/fatima","content":"Een bericht met een link, voor wie het lezen wil.","published":"2026-11-18T11:06:40.000Z"}},"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://gouda.example/users/fatima#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-18T11:06:40Z","proofValue":"z2WaeJvz8d5Dk4dbA2wKxfUVuamGTCYWKKyFQC1XiJHXWPAB9TyfNonoDAQ6SrCziK7kmxdmgMPHnk9n1ZJCGKsU8"}}',1795000000000);
INSERT INTO "activities" VALUES(3764569033933073944,'https://gouda.example/activities/3764569033933073944','https://gouda.example/users/bram','Create','https://gouda.example/posts/3764569033933073849','public','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/activities/3764569033933073944","actor":"https://gouda.example/users/bram","published":"2026-11-19T11:06:40.000Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/bram/followers","https://gouda.example/users/fatima"],"type":"Create","object":{"id":"https://gouda.example/posts/3764569033933073849","type":"Note","attributedTo":"https://gouda.example/users/bram","content":"<p>Ik ook.</p>","published":"2026-11-19T11:06:40.000Z","url":"https://gouda.example/posts/3764569033933073849","sensitive":false,"tag":[{"type":"Mention","href":"https://gouda.example/users/fatima","name":"@fatima@gouda.example"}],"attachment":[],"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/bram/followers","https://gouda.example/users/fatima"],"contentMap":{"nl":"<p>Ik ook.</p>"},"inReplyTo":"https://gouda.example/posts/3764387840000576268","interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}},"replies":"https://gouda.example/posts/3764569033933073849/replies"},"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://gouda.example/users/bram#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-19T11:06:40Z","proofValue":"z5a6CDGeBULoyyTfJofH5jYeXSh2EHkHmTTq3qDeiFE2aJZ8X7o8dHukZ14xhQPtLmhqpW9319PhENhYx9uht9pmB"}}',1795086400000);
INSERT INTO "activities" VALUES(3764569033933074371,'https://gouda.example/activities/3764569033933074371','https://gouda.example/users/fatima','Create','https://gouda.example/posts/3764569033933074252','followers','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/activities/3764569033933074371","actor":"https://gouda.example/users/fatima","published":"2026-11-19T11:06:40.000Z","to":["https://gouda.example/users/fatima/followers"],"type":"Create","object":{"id":"https://gouda.example/posts/3764569033933074252","type":"Question","attributedTo":"https://gouda.example/users/fatima","content":"<p>Doen?</p>","published":"2026-11-19T11:06:40.000Z","url":"https://gouda.example/posts/3764569033933074252","sensitive":false,"tag":[],"attachment":[],"to":["https://gouda.example/users/fatima/followers"],"contentMap":{"nl":"<p>Doen?</p>"},"interactionPolicy":{"canQuote":{"automaticApproval":["https://gouda.example/users/fatima"]}},"replies":"https://gouda.example/posts/3764569033933074252/replies","oneOf":[{"type":"Note","name":"Ja","replies":{"type":"Collection","totalItems":0}},{"type":"Note","name":"Nee","replies":{"type":"Collection","totalItems":0}}],"endTime":"2026-11-20T11:06:40.000Z","votersCount":0},"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://gouda.example/users/fatima#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-19T11:06:40Z","proofValue":"z4qt5rAeUTy8ZCTALZ44QSoPqre1CixKs4zB5sKkgfPjHUBguKieaJ7sAKTdJjn6wsc2GmJqQaSuWWHv3oQ1w5nc9"}}',1795086400000);
INSERT INTO "activities" VALUES(3764569033933074820,'https://gouda.example/activities/3764569033933074820','https://gouda.example/users/bram','Like','https://gouda.example/posts/3764387840000576268','direct','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/activities/3764569033933074820","actor":"https://gouda.example/users/bram","published":"2026-11-19T11:06:40.000Z","to":["https://gouda.example/users/fatima"],"type":"Like","object":"https://gouda.example/posts/3764387840000576268","proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://gouda.example/users/bram#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-19T11:06:40Z","proofValue":"z5Z23nSDBkdpptsZQ3rABufVzx3kAVw8nDPUDXpXU67UjGvWjFdHxJ84BzCbhqF2U4ZyHy9sjpnTEMZyvs28tDp4B"}}',1795086400000);
INSERT INTO "activities" VALUES(3764569033933075146,'https://gouda.example/activities/3764569033933075146','https://gouda.example/users/bram','Announce','https://gouda.example/posts/3764387840000576268','public','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/activities/3764569033933075146","actor":"https://gouda.example/users/bram","published":"2026-11-19T11:06:40.000Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/bram/followers","https://gouda.example/users/fatima"],"type":"Announce","object":"https://gouda.example/posts/3764387840000576268","proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://gouda.example/users/bram#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-19T11:06:40Z","proofValue":"z2iaiQjhba2fHWFiDsRunBSipuu5fjZ2uEhvxEyYVk7aXVidWAVmE3zzhnnWNKTgsgar5vwRhx6eQam2HL1RjC3gQ"}}',1795086400000);
CREATE TABLE actors (
	id BIGINT NOT NULL, 
	uri TEXT NOT NULL, 
	host VARCHAR(260) NOT NULL, 
	local BOOLEAN NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	username VARCHAR(128) NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	summary_html TEXT DEFAULT '' NOT NULL, 
	function TEXT DEFAULT '' NOT NULL, 
	department TEXT DEFAULT '' NOT NULL, 
	avatar_url TEXT, 
	avatar_alt TEXT DEFAULT '' NOT NULL, 
	header_url TEXT, 
	header_alt TEXT DEFAULT '' NOT NULL, 
	inbox TEXT NOT NULL, 
	shared_inbox TEXT, 
	followers_uri TEXT, 
	featured_uri TEXT, 
	approves_followers BOOLEAN DEFAULT '0' NOT NULL, 
	discoverable BOOLEAN DEFAULT '0' NOT NULL, 
	indexable BOOLEAN DEFAULT '0' NOT NULL, 
	lists_followers BOOLEAN DEFAULT '1' NOT NULL, 
	moved_to TEXT, 
	also_known_as TEXT DEFAULT '[]' NOT NULL, 
	fields TEXT DEFAULT '[]' NOT NULL, 
	emojis TEXT DEFAULT '[]' NOT NULL, 
	document TEXT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	fetched_at BIGINT, 
	disabled_at BIGINT, 
	deleted_at BIGINT, 
	edition BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_actors PRIMARY KEY (id), 
	CONSTRAINT uq_actors_uri UNIQUE (uri)
);
INSERT INTO "actors" VALUES(3764387840000574959,'https://gouda.example/actor','gouda.example',1,'Application','gouda.example','gouda.example','','','',NULL,'',NULL,'','https://gouda.example/actor/inbox','https://gouda.example/inbox','https://gouda.example/actor/followers','https://gouda.example/actor/featured',0,1,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,NULL,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000575234,'https://gouda.example/organisation','gouda.example',1,'Organization','organisatie','gemeente Gouda','','','',NULL,'',NULL,'','https://gouda.example/organisation/inbox','https://gouda.example/inbox','https://gouda.example/organisation/followers','https://gouda.example/organisation/featured',0,1,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,NULL,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000575408,'https://gouda.example/users/fatima','gouda.example',1,'Person','fatima','Fatima','','','',NULL,'',NULL,'','https://gouda.example/users/fatima/inbox','https://gouda.example/inbox','https://gouda.example/users/fatima/followers','https://gouda.example/users/fatima/featured',0,1,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,NULL,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000575703,'https://gouda.example/users/bram','gouda.example',1,'Person','bram','Bram','','','',NULL,'',NULL,'','https://gouda.example/users/bram/inbox','https://gouda.example/inbox','https://gouda.example/users/bram/followers','https://gouda.example/users/bram/featured',0,1,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,NULL,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000576004,'https://delft.example/users/jan','delft.example',0,'Person','jan','','','','',NULL,'',NULL,'','https://delft.example/users/jan/inbox',NULL,NULL,NULL,0,0,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,1795000000000,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000576028,'https://breda.example/users/jan','breda.example',0,'Person','jan','','','','',NULL,'',NULL,'','https://breda.example/users/jan/inbox','https://breda.example/inbox',NULL,NULL,0,0,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,1795000000000,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764387840000576138,'https://utrecht.example/users/jan','utrecht.example',0,'Person','jan','','','','',NULL,'',NULL,'','https://utrecht.example/users/jan/inbox','https://utrecht.example/inbox',NULL,NULL,0,0,0,1,NULL,'[]','[]','[]',NULL,1795000000000,1795000000000,1795000000000,NULL,NULL,0);
INSERT INTO "actors" VALUES(3764569033933075714,'https://gouda.example/users/weg','gouda.example',1,'Person','weg','Weg','','','',NULL,'',NULL,'','https://gouda.example/users/weg/inbox','https://gouda.example/inbox','https://gouda.example/users/weg/followers','https://gouda.example/users/weg/featured',0,1,0,1,NULL,'[]','[]','[]',NULL,1795086400000,1795086400000,NULL,NULL,NULL,0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE announcement_dismissals (
	announcement_id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_announcement_dismissals PRIMARY KEY (announcement_id, owner_id), 
	CONSTRAINT fk_announcement_dismissals_announcement_id FOREIGN KEY(announcement_id) REFERENCES announcements (id) ON DELETE CASCADE
);
CREATE TABLE announcement_reactions (
	announcement_id BIGINT NOT NULL, 
	emoji VARCHAR(100) NOT NULL, 
	actor_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_announcement_reactions PRIMARY KEY (announcement_id, emoji, actor_id), 
	CONSTRAINT fk_announcement_reactions_announcement_id FOREIGN KEY(announcement_id) REFERENCES announcements (id) ON DELETE CASCADE
);
CREATE TABLE announcements (
	id BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	content_html TEXT NOT NULL, 
	mentions TEXT DEFAULT '[]' NOT NULL, 
	hashtags TEXT DEFAULT '[]' NOT NULL, 
	posts TEXT DEFAULT '[]' NOT NULL, 
	starts_at BIGINT, 
	ends_at BIGINT, 
	all_day BOOLEAN DEFAULT '0' NOT NULL, 
	published_at BIGINT, 
	announced BOOLEAN DEFAULT '0' NOT NULL, 
	author TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_announcements PRIMARY KEY (id)
);
CREATE TABLE apps (
	id BIGINT NOT NULL, 
	client_id VARCHAR(64) NOT NULL, 
	secret_hash VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	website TEXT, 
	redirect_uris TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_apps PRIMARY KEY (id), 
	CONSTRAINT uq_apps_client_id UNIQUE (client_id)
);
CREATE TABLE attachments (
	id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	position INTEGER NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	media_type VARCHAR(255), 
	url TEXT NOT NULL, 
	media_id BIGINT, 
	name TEXT DEFAULT '' NOT NULL, 
	size BIGINT, 
	has_preview BOOLEAN DEFAULT '0' NOT NULL, 
	alt TEXT DEFAULT '' NOT NULL, 
	width INTEGER, 
	height INTEGER, 
	blurhash VARCHAR(128), 
	focal_x FLOAT, 
	focal_y FLOAT, 
	CONSTRAINT pk_attachments PRIMARY KEY (id), 
	CONSTRAINT fk_attachments_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE attempts (
	subject VARCHAR(120) NOT NULL, 
	count INTEGER NOT NULL, 
	last_at BIGINT NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (subject)
);
CREATE TABLE audience (
	object_id BIGINT NOT NULL, 
	target TEXT NOT NULL, 
	CONSTRAINT pk_audience PRIMARY KEY (object_id, target), 
	CONSTRAINT fk_audience_object_id FOREIGN KEY(object_id) REFERENCES objects (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "audience" VALUES(3764569033933073849,'https://gouda.example/users/bram/followers');
INSERT INTO "audience" VALUES(3764569033933073849,'https://gouda.example/users/fatima');
INSERT INTO "audience" VALUES(3764387840000576268,'https://gouda.example/users/fatima/followers');
INSERT INTO "audience" VALUES(3764569033933074252,'https://gouda.example/users/fatima/followers');
CREATE TABLE audit_entries (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	who TEXT NOT NULL, 
	door VARCHAR(20) NOT NULL, 
	source VARCHAR(60) NOT NULL, 
	target TEXT NOT NULL, 
	result VARCHAR(10) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (number)
);
INSERT INTO "audit_entries" VALUES(1,1795000000000,'schema.upgraded','','server','','0001','done','c03e9a30e282aa6f4ef12fc42a3608c4281a7e65ec5a4a3c236582db9a0fc67b');
INSERT INTO "audit_entries" VALUES(2,1795000000000,'account.created','','server','','https://gouda.example/users/fatima','done','a46f1a7e2d97fdae032a1a067ba6f6696808961f89ddac80a62d405b9f414262');
INSERT INTO "audit_entries" VALUES(3,1795000000000,'account.created','','server','','https://gouda.example/users/bram','done','53ef5302e101434c887e5f9920fad060b34064a34347d9410841247f699c3973');
INSERT INTO "audit_entries" VALUES(4,1795086400000,'account.created','','server','','https://gouda.example/users/weg','done','0af13e791918fb4d45b6a7f26bb2962077bd7bb4985ac861b9bc26e9c77c9fae');
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	anchor_number BIGINT NOT NULL, 
	anchor_hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_head PRIMARY KEY (id)
);
INSERT INTO "audit_head" VALUES(1,4,'0af13e791918fb4d45b6a7f26bb2962077bd7bb4985ac861b9bc26e9c77c9fae',0,'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE author_figures (
	author TEXT NOT NULL, 
	posts INTEGER DEFAULT '0' NOT NULL, 
	newest_at BIGINT, 
	CONSTRAINT pk_author_figures PRIMARY KEY (author)
)
 WITHOUT ROWID

;
INSERT INTO "author_figures" VALUES('https://gouda.example/users/bram',1,1795086400000);
INSERT INTO "author_figures" VALUES('https://gouda.example/users/fatima',1,1795000000000);
CREATE TABLE blocks (
	id BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	whom TEXT NOT NULL, 
	activity_uri TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_blocks PRIMARY KEY (id), 
	CONSTRAINT uq_blocks_who_whom UNIQUE (who, whom)
);
CREATE TABLE bookmarks (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_bookmarks PRIMARY KEY (id), 
	CONSTRAINT uq_bookmarks_object_id_owner_id UNIQUE (object_id, owner_id)
);
CREATE TABLE codes (
	code_hash VARCHAR(64) NOT NULL, 
	app_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	scopes TEXT NOT NULL, 
	redirect_uri TEXT NOT NULL, 
	code_challenge VARCHAR(43), 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	token_id BIGINT, 
	CONSTRAINT pk_codes PRIMARY KEY (code_hash), 
	CONSTRAINT fk_codes_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_codes_app_id FOREIGN KEY(app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE TABLE consents_changed (
	author TEXT NOT NULL, 
	"after" BIGINT NOT NULL, 
	CONSTRAINT pk_consents_changed PRIMARY KEY (author)
);
CREATE TABLE conversations (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	thread_id BIGINT NOT NULL, 
	last_object_id BIGINT NOT NULL, 
	unread BOOLEAN NOT NULL, 
	CONSTRAINT pk_conversations PRIMARY KEY (id), 
	CONSTRAINT uq_conversations_owner_id_thread_id UNIQUE (owner_id, thread_id)
);
CREATE TABLE custom_emojis (
	id BIGINT NOT NULL, 
	shortcode VARCHAR(64) NOT NULL, 
	category VARCHAR(64) DEFAULT '' NOT NULL, 
	token VARCHAR(32) NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	hidden BOOLEAN DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_custom_emojis PRIMARY KEY (id), 
	CONSTRAINT uq_custom_emojis_shortcode UNIQUE (shortcode)
);
CREATE TABLE deliveries (
	id BIGINT NOT NULL, 
	activity_id BIGINT NOT NULL, 
	host VARCHAR(260) NOT NULL, 
	inbox TEXT NOT NULL, 
	recipients TEXT DEFAULT '[]' NOT NULL, 
	order_key TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	next_attempt_at BIGINT NOT NULL, 
	reason TEXT, 
	created_at BIGINT NOT NULL, 
	sent_at BIGINT, 
	confirmed_at BIGINT, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id)
);
INSERT INTO "deliveries" VALUES(3764387840000576508,3764387840000576421,'delft.example','https://delft.example/users/jan/inbox','[]','https://gouda.example/posts/3764387840000576268','queued',0,1795000000000,NULL,1795000000000,NULL,NULL);
INSERT INTO "deliveries" VALUES(3764387840000576623,3764387840000576421,'breda.example','https://breda.example/inbox','[]','https://gouda.example/posts/3764387840000576268','queued',0,1795000000000,NULL,1795000000000,NULL,NULL);
INSERT INTO "deliveries" VALUES(3764387840000576685,3764387840000576421,'utrecht.example','https://utrecht.example/inbox','[]','https://gouda.example/posts/3764387840000576268','queued',0,1795000000000,NULL,1795000000000,NULL,NULL);
INSERT INTO "deliveries" VALUES(3764569033933074484,3764569033933074371,'delft.example','https://delft.example/users/jan/inbox','[]','https://gouda.example/posts/3764569033933074252','queued',0,1795086400000,NULL,1795086400000,NULL,NULL);
INSERT INTO "deliveries" VALUES(3764569033933074599,3764569033933074371,'breda.example','https://breda.example/inbox','[]','https://gouda.example/posts/3764569033933074252','queued',0,1795086400000,NULL,1795086400000,NULL,NULL);
INSERT INTO "deliveries" VALUES(3764569033933074636,3764569033933074371,'utrecht.example','https://utrecht.example/inbox','[]','https://gouda.example/posts/3764569033933074252','queued',0,1795086400000,NULL,1795086400000,NULL,NULL);
CREATE TABLE dismissed_suggestions (
	who TEXT NOT NULL, 
	whom TEXT NOT NULL, 
	CONSTRAINT pk_dismissed_suggestions PRIMARY KEY (who, whom)
);
CREATE TABLE domain_rules (
	domain VARCHAR(260) NOT NULL, 
	rule VARCHAR(10) NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT DEFAULT '' NOT NULL, 
	id BIGINT NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_domain_rules PRIMARY KEY (domain), 
	CONSTRAINT uq_domain_rules_id UNIQUE (id)
);
CREATE TABLE endorsements (
	id BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	whom TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_endorsements PRIMARY KEY (id), 
	CONSTRAINT uq_endorsements_who_whom UNIQUE (who, whom)
);
CREATE TABLE erasures (
	id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	what TEXT NOT NULL, 
	author TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_erasures PRIMARY KEY (id)
);
CREATE TABLE featured_tags (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	tag VARCHAR(128) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_featured_tags PRIMARY KEY (id), 
	CONSTRAINT uq_featured_tags_owner_id_tag UNIQUE (owner_id, tag)
);
CREATE TABLE filter_keywords (
	id BIGINT NOT NULL, 
	filter_id BIGINT NOT NULL, 
	keyword TEXT NOT NULL, 
	whole_word BOOLEAN NOT NULL, 
	CONSTRAINT pk_filter_keywords PRIMARY KEY (id), 
	CONSTRAINT fk_filter_keywords_filter_id FOREIGN KEY(filter_id) REFERENCES filters (id) ON DELETE CASCADE
);
CREATE TABLE filter_posts (
	id BIGINT NOT NULL, 
	filter_id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	CONSTRAINT pk_filter_posts PRIMARY KEY (id), 
	CONSTRAINT fk_filter_posts_filter_id FOREIGN KEY(filter_id) REFERENCES filters (id) ON DELETE CASCADE, 
	CONSTRAINT uq_filter_posts_object_id_filter_id UNIQUE (object_id, filter_id)
);
CREATE TABLE filters (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	title TEXT NOT NULL, 
	contexts VARCHAR(60) NOT NULL, 
	action VARCHAR(8) NOT NULL, 
	expires_at BIGINT, 
	CONSTRAINT pk_filters PRIMARY KEY (id)
);
CREATE TABLE follow_choices (
	owner_id BIGINT NOT NULL, 
	author_id BIGINT NOT NULL, 
	notify BOOLEAN NOT NULL, 
	shares BOOLEAN NOT NULL, 
	languages TEXT NOT NULL, 
	CONSTRAINT pk_follow_choices PRIMARY KEY (owner_id, author_id)
);
CREATE TABLE follow_figures (
	actor TEXT NOT NULL, 
	followers INTEGER DEFAULT '0' NOT NULL, 
	following INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_follow_figures PRIMARY KEY (actor)
)
 WITHOUT ROWID

;
INSERT INTO "follow_figures" VALUES('https://breda.example/users/jan',0,1);
INSERT INTO "follow_figures" VALUES('https://delft.example/users/jan',0,1);
INSERT INTO "follow_figures" VALUES('https://gouda.example/users/bram',0,1);
INSERT INTO "follow_figures" VALUES('https://gouda.example/users/fatima',4,0);
INSERT INTO "follow_figures" VALUES('https://utrecht.example/users/jan',0,1);
CREATE TABLE followed_tags (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	tag VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_followed_tags PRIMARY KEY (id), 
	CONSTRAINT uq_followed_tags_tag_owner_id UNIQUE (tag, owner_id)
);
CREATE TABLE follows (
	id BIGINT NOT NULL, 
	follower TEXT NOT NULL, 
	following TEXT NOT NULL, 
	activity_uri TEXT, 
	state VARCHAR(10) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_follows PRIMARY KEY (id), 
	CONSTRAINT uq_follows_follower_following UNIQUE (follower, following)
);
INSERT INTO "follows" VALUES(3764387840000575967,'https://gouda.example/users/bram','https://gouda.example/users/fatima',NULL,'accepted',1795000000000);
INSERT INTO "follows" VALUES(3764387840000576011,'https://delft.example/users/jan','https://gouda.example/users/fatima',NULL,'accepted',1795000000000);
INSERT INTO "follows" VALUES(3764387840000576096,'https://breda.example/users/jan','https://gouda.example/users/fatima',NULL,'accepted',1795000000000);
INSERT INTO "follows" VALUES(3764387840000576257,'https://utrecht.example/users/jan','https://gouda.example/users/fatima',NULL,'accepted',1795000000000);
CREATE TABLE hashtags (
	object_id BIGINT NOT NULL, 
	tag VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_hashtags PRIMARY KEY (object_id, tag), 
	CONSTRAINT fk_hashtags_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE home_entries (
	owner_id BIGINT NOT NULL, 
	entry_id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	author_id BIGINT NOT NULL, 
	shared_by_id BIGINT, 
	CONSTRAINT pk_home_entries PRIMARY KEY (owner_id, entry_id), 
	CONSTRAINT uq_home_entries_object_id_owner_id UNIQUE (object_id, owner_id)
)
 WITHOUT ROWID

;
INSERT INTO "home_entries" VALUES(3764387840000575408,3764387840000576268,3764387840000576268,3764387840000575408,NULL);
INSERT INTO "home_entries" VALUES(3764387840000575408,3764569033933073849,3764569033933073849,3764387840000575703,NULL);
INSERT INTO "home_entries" VALUES(3764387840000575408,3764569033933074252,3764569033933074252,3764387840000575408,NULL);
INSERT INTO "home_entries" VALUES(3764387840000575703,3764387840000576268,3764387840000576268,3764387840000575408,NULL);
INSERT INTO "home_entries" VALUES(3764387840000575703,3764569033933073849,3764569033933073849,3764387840000575703,NULL);
INSERT INTO "home_entries" VALUES(3764387840000575703,3764569033933074252,3764569033933074252,3764387840000575408,NULL);
CREATE TABLE host_blocks (
	id BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	host VARCHAR(260) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_host_blocks PRIMARY KEY (id), 
	CONSTRAINT uq_host_blocks_who_host UNIQUE (who, host)
);
CREATE TABLE inbox_items (
	id BIGINT NOT NULL, 
	origin VARCHAR(280) NOT NULL, 
	activity_uri TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	order_key TEXT NOT NULL, 
	body BLOB NOT NULL, 
	key_id TEXT NOT NULL, 
	proven BOOLEAN NOT NULL, 
	dated BOOLEAN DEFAULT '0' NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	next_attempt_at BIGINT NOT NULL, 
	reason TEXT, 
	received_at BIGINT NOT NULL, 
	done_at BIGINT, 
	CONSTRAINT pk_inbox_items PRIMARY KEY (id), 
	CONSTRAINT uq_inbox_items_origin_activity_uri UNIQUE (origin, activity_uri)
);
CREATE TABLE keys (
	id BIGINT NOT NULL, 
	key_id TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	purpose VARCHAR(20) NOT NULL, 
	public TEXT NOT NULL, 
	private TEXT, 
	created_at BIGINT NOT NULL, 
	retired_at BIGINT, 
	revoked_at BIGINT, 
	fetched_at BIGINT, 
	CONSTRAINT pk_keys PRIMARY KEY (id), 
	CONSTRAINT uq_keys_key_id UNIQUE (key_id)
);
INSERT INTO "keys" VALUES(3764387840000575063,'https://gouda.example/actor#main-key','https://gouda.example/actor','rsa','actor','-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6EKpJfyrRLSrKhegPrWY
/B9vtI/jpH6YqFmlCKvIirQAWqzCR5ygLcuCgrpD/RojN3X15HpJvn4IUG+CNGg7
cV2Tm+PFV6qBYXvjP0OXGL1dwNwB4AWRumrk6kFZxVRKhfAk5KssbvuiMQdyZHy1
XQ6W31QkcovriNFLmnUYwl5BDjmmlVDXi9VCSd46oQND2jhTNWbGWM92MCCSh2BF
/kpktOdZxAtJ9gczC1L2o8P+DE/+cxqTl/kb0gNXrorUBww8xCLJsBc+2uW5gHa2
YTjTDtVD9t+GtZXDQhoTTXdXRPMHi+1uLHp6i3hYQ0UqOOSdvemAjhVuVq3j6RRV
dwIDAQAB
-----END PUBLIC KEY-----
',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575122,'https://gouda.example/actor#ed25519-key','https://gouda.example/actor','ed25519','actor','z6Mkec3mLnoGKT6hxV3D33RGzADgu9xAZs7KLuvsBZQ4YkmW',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575337,'https://gouda.example/organisation#main-key','https://gouda.example/organisation','rsa','actor','-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAy/V2vPVGy1L6bX/jQ6u0
PW0LjQML+7i+6ZupEUgGrEOW0q7Ciq5S1PQUV06pLHBn3fS5Fn1SAERkxYqS5ftz
QYyV4gQsp42ohAOXOApoi2RD2aZkBdhvZx6/6d9Iu8oL+wXP2fEY8910xdlrSxCc
N/zTlwCK5gmVCUnYXgnEBdObSSQVvOIDOCheQ5QwrUjhEplR4rdxwbVjwmrL/52g
ZW+BxfmBrM2Sz5gS9TYEGykDV/dE7axz45YYheKqEPbQXspA/PEE2iy7IoRAv9xM
rvIGmgjBZbNw8yW2FnjJ3Qobczjr6EfpzICUCcs2eJbV+pEF5QvsyFb6OwDN+b6q
cwIDAQAB
-----END PUBLIC KEY-----
',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575399,'https://gouda.example/organisation#ed25519-key','https://gouda.example/organisation','ed25519','actor','z6MkuLfYaPj2zE2eqFukTqjAsa52N6oW2naG1vfgAbCQKJbB',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575536,'https://gouda.example/users/fatima#main-key','https://gouda.example/users/fatima','rsa','actor','-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAznIo0BUaarR4lxN6jjQq
/3rnXFafZfPGYd6YhYiQ7vgf8Z3YjcrKc2WuUxF55nJmGnoZX+NOhNyYrvbGTV2q
BJ+NXSAVWQRAW6Iv9JVOdqSlSlqmT3YK3xNPjK6fHHKBBUJoPheH61Uo+XzW4h9d
3FIgqG3HKAYXHecDrnc6BCD1FKJBA9Q2tGixJ559bS+/s5rltvxSEawKtv9JdfGC
+6tTJEx59rzYiTlipTtybMC8+ysvVkxkutwOc1+kSS3S4Tf1NyqDH9iZvku+oxuu
gMpmy3EACQyhfQI1VfOpDl2xTKP3sM4sr4PrRjNAFQ98NaJLep5Hy316Mb4/wm1D
EQIDAQAB
-----END PUBLIC KEY-----
',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575571,'https://gouda.example/users/fatima#ed25519-key','https://gouda.example/users/fatima','ed25519','actor','z6MkvkCiXuRVCdHRBxmf4CpeVM2yUsJxXmNcd4sfdF8WpYAW',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575782,'https://gouda.example/users/bram#main-key','https://gouda.example/users/bram','rsa','actor','-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxK7RQ2/U+5AwmpPjxWxB
zgbAmRviJA1NAgBjrOrQ8aOSQ71pP+MVPkwaZNUX9d0mQ3CYhaZ1MCAcz/adLDJa
fSwhG6XaEXgl1XdjLbsu0+Qx9xra6SLfpu/640BCTvUIjImtFRnowcoCSY4ucGDS
I/+1W+5gWTsNjMLo9bx5T1CqXkus2CoeSb49R1rK0eB8giEjq9DBOIbOCieXfH1H
KRF1wLAg3G7rD7BEqXlMMfV7ydqji4Lv0rXQnwvAbPx3FdsbAefSxUS0JFuNg9gg
HJ3Bc5ivKHg7X0bcIhAycgQvzT66x2u/CUg16MBZfee1CHZx6LURxpvrUd0GzT3/
QwIDAQAB
-----END PUBLIC KEY-----
',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764387840000575850,'https://gouda.example/users/bram#ed25519-key','https://gouda.example/users/bram','ed25519','actor','z6Mku7wXuSUN7GayzEGP4kgfqtL1m3YcVWFuUtQ7m79mcCrQ',NULL,1795000000000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764569033933075730,'https://gouda.example/users/weg#main-key','https://gouda.example/users/weg','rsa','actor','-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuRROVgkCdlRhkUjxcSn2
DIOd9MM8/6peyfM4NRdojLI4xH3wcxqFtw03vuLLCDWgl1raAM1dPYltqfT3nUam
3r4l8nulKYAXrRwt8Z7itLIjAEY52Tnbx75Oz43zmRqa9Fcta2CyyrrRjCxj2Uof
+NZHGWNnx+cWRCt+AC5DFILlOv5oDHAmvs6elAhm7d9SkAU6vFkrDmY2Gc9yZz03
rY5DsurLa+pTb5sbocxUPDnUvS03oIdNpQnLp9Z9i80XWJIpiy3Jil46wg1kHS0z
yBZzny5DOtn1lcJjYcsUOIC/dL5mvdPXYfqMsIyRp6BHWA/dYZEYv000WSanY6KK
lQIDAQAB
-----END PUBLIC KEY-----
',NULL,1795086400000,NULL,NULL,NULL);
INSERT INTO "keys" VALUES(3764569033933075773,'https://gouda.example/users/weg#ed25519-key','https://gouda.example/users/weg','ed25519','actor','z6MktE17A6x6UBQ36xHCv3FPYF95Td1ubtLewdbc29eRwRLT',NULL,1795086400000,NULL,NULL,NULL);
CREATE TABLE leases (
	name VARCHAR(100) NOT NULL, 
	holder VARCHAR(32) NOT NULL, 
	fence BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE left_news (
	id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	topic TEXT NOT NULL, 
	CONSTRAINT pk_left_news PRIMARY KEY (id)
);
INSERT INTO "left_news" VALUES(3764569033933074228,1795086400000,'news:3764569033933074068 post 3764569033933073849');
INSERT INTO "left_news" VALUES(3764569033933074248,1795086400000,'news:3764569033933074216 notification 3764569033933074138 https://gouda.example/users/fatima');
INSERT INTO "left_news" VALUES(3764569033933074711,1795086400000,'news:3764569033933074647 post 3764569033933074252');
INSERT INTO "left_news" VALUES(3764569033933075078,1795086400000,'news:3764569033933074957 notification 3764569033933074846 https://gouda.example/users/fatima');
INSERT INTO "left_news" VALUES(3764569033933075509,1795086400000,'news:3764569033933075349 share 3764569033933075250');
INSERT INTO "left_news" VALUES(3764569033933075637,1795086400000,'news:3764569033933075389 notification 3764569033933075382 https://gouda.example/users/fatima');
CREATE TABLE links (
	object_id BIGINT NOT NULL, 
	url TEXT NOT NULL, 
	CONSTRAINT pk_links PRIMARY KEY (object_id, url), 
	CONSTRAINT fk_links_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "links" VALUES(3764387840000576268,'https://delft.example/');
CREATE TABLE list_entries (
	list_id BIGINT NOT NULL, 
	entry_id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	author_id BIGINT NOT NULL, 
	shared_by_id BIGINT, 
	CONSTRAINT pk_list_entries PRIMARY KEY (list_id, entry_id), 
	CONSTRAINT uq_list_entries_object_id_list_id UNIQUE (object_id, list_id)
)
 WITHOUT ROWID

;
CREATE TABLE list_members (
	id BIGINT NOT NULL, 
	list_id BIGINT NOT NULL, 
	member_id BIGINT NOT NULL, 
	CONSTRAINT pk_list_members PRIMARY KEY (id), 
	CONSTRAINT fk_list_members_list_id FOREIGN KEY(list_id) REFERENCES lists (id) ON DELETE CASCADE, 
	CONSTRAINT uq_list_members_member_id_list_id UNIQUE (member_id, list_id)
);
CREATE TABLE lists (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	title TEXT NOT NULL, 
	replies VARCHAR(8) NOT NULL, 
	"exclusive" BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_lists PRIMARY KEY (id)
);
CREATE TABLE markers (
	owner_id BIGINT NOT NULL, 
	timeline VARCHAR(20) NOT NULL, 
	last_read_id BIGINT NOT NULL, 
	version INTEGER NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_markers PRIMARY KEY (owner_id, timeline)
);
CREATE TABLE media (
	id BIGINT NOT NULL, 
	owner TEXT NOT NULL, 
	token VARCHAR(32) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	alt TEXT DEFAULT '' NOT NULL, 
	width INTEGER, 
	height INTEGER, 
	blurhash VARCHAR(128), 
	focal_x FLOAT, 
	focal_y FLOAT, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	has_preview BOOLEAN DEFAULT '0' NOT NULL, 
	public BOOLEAN DEFAULT '0' NOT NULL, 
	object_id BIGINT, 
	position INTEGER DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	deleted_at BIGINT, 
	CONSTRAINT pk_media PRIMARY KEY (id), 
	CONSTRAINT uq_media_token UNIQUE (token)
);
CREATE TABLE media_copies (
	url_hash VARCHAR(64) NOT NULL, 
	url TEXT NOT NULL, 
	media_type VARCHAR(100) DEFAULT '' NOT NULL, 
	size BIGINT DEFAULT '0' NOT NULL, 
	has_preview BOOLEAN DEFAULT '0' NOT NULL, 
	fetched_at BIGINT NOT NULL, 
	last_used BIGINT NOT NULL, 
	failed_until BIGINT, 
	CONSTRAINT pk_media_copies PRIMARY KEY (url_hash)
);
CREATE TABLE mentions (
	object_id BIGINT NOT NULL, 
	actor_uri TEXT NOT NULL, 
	name TEXT, 
	CONSTRAINT pk_mentions PRIMARY KEY (object_id, actor_uri), 
	CONSTRAINT fk_mentions_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "mentions" VALUES(3764569033933073849,'https://gouda.example/users/fatima','@fatima@gouda.example');
CREATE TABLE moves (
	id BIGINT NOT NULL, 
	old TEXT NOT NULL, 
	new TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_moves PRIMARY KEY (id)
);
CREATE TABLE muted_threads (
	owner_id BIGINT NOT NULL, 
	thread_id BIGINT NOT NULL, 
	CONSTRAINT pk_muted_threads PRIMARY KEY (owner_id, thread_id)
);
CREATE TABLE mutes (
	id BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	whom TEXT NOT NULL, 
	until BIGINT, 
	notifications BOOLEAN DEFAULT '1' NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_mutes PRIMARY KEY (id), 
	CONSTRAINT uq_mutes_who_whom UNIQUE (who, whom)
);
CREATE TABLE notes (
	who TEXT NOT NULL, 
	whom TEXT NOT NULL, 
	text TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_notes PRIMARY KEY (who, whom)
);
CREATE TABLE notification_permissions (
	owner_id BIGINT NOT NULL, 
	actor_id BIGINT NOT NULL, 
	CONSTRAINT pk_notification_permissions PRIMARY KEY (owner_id, actor_id)
);
CREATE TABLE notification_policies (
	owner_id BIGINT NOT NULL, 
	not_following VARCHAR(6) NOT NULL, 
	not_followers VARCHAR(6) NOT NULL, 
	new_accounts VARCHAR(6) NOT NULL, 
	private_mentions VARCHAR(6) NOT NULL, 
	limited_accounts VARCHAR(6) NOT NULL, 
	CONSTRAINT pk_notification_policies PRIMARY KEY (owner_id)
);
CREATE TABLE notification_requests (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	actor_id BIGINT NOT NULL, 
	last_object_id BIGINT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_notification_requests PRIMARY KEY (id), 
	CONSTRAINT uq_notification_requests_owner_id_actor_id UNIQUE (owner_id, actor_id)
);
CREATE TABLE notifications (
	id BIGINT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	actor_id BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	detail VARCHAR(200) DEFAULT '' NOT NULL, 
	text TEXT DEFAULT '' NOT NULL, 
	at BIGINT NOT NULL, 
	filtered BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_notifications PRIMARY KEY (id), 
	CONSTRAINT uq_notifications_owner_id_kind_actor_id_subject_id_detail UNIQUE (owner_id, kind, actor_id, subject_id, detail)
);
INSERT INTO "notifications" VALUES(3764569033933074138,3764387840000575408,'reply',3764387840000575703,3764569033933073849,'','',1795086400000,0);
INSERT INTO "notifications" VALUES(3764569033933074846,3764387840000575408,'like',3764387840000575703,3764387840000576268,'','',1795086400000,0);
INSERT INTO "notifications" VALUES(3764569033933075382,3764387840000575408,'share',3764387840000575703,3764387840000576268,'','',1795086400000,0);
CREATE TABLE objects (
	id BIGINT NOT NULL, 
	uri TEXT NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	attributed_to TEXT NOT NULL, 
	local BOOLEAN NOT NULL, 
	visibility VARCHAR(12) NOT NULL, 
	document TEXT, 
	published_at BIGINT NOT NULL, 
	updated_at BIGINT, 
	received_at BIGINT NOT NULL, 
	deleted_at BIGINT, 
	CONSTRAINT pk_objects PRIMARY KEY (id), 
	CONSTRAINT uq_objects_uri UNIQUE (uri)
);
INSERT INTO "objects" VALUES(3764387840000576268,'https://gouda.example/posts/3764387840000576268','Article','https://gouda.example/users/fatima',1,'public','{"summary":"Een bericht met een link, voor wie het lezen wil.","@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/posts/3764387840000576268","type":"Article","attributedTo":"https://gouda.example/users/fatima","content":"<p>Een <strong>bericht</strong> met een <a href=\"https://delft.example/\" rel=\"nofollow noopener noreferrer ugc\">link</a>, voor wie het lezen wil.</p>","published":"2026-11-18T11:06:40.000Z","url":"https://gouda.example/posts/3764387840000576268","sensitive":false,"tag":[],"attachment":[],"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/fatima/followers"],"contentMap":{"nl":"<p>Een <strong>bericht</strong> met een <a href=\"https://delft.example/\" rel=\"nofollow noopener noreferrer ugc\">link</a>, voor wie het lezen wil.</p>"},"interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}},"replies":"https://gouda.example/posts/3764387840000576268/replies","name":"Een artikel","preview":{"type":"Note","attributedTo":"https://gouda.example/users/fatima","content":"Een bericht met een link, voor wie het lezen wil.","published":"2026-11-18T11:06:40.000Z"}}',1795000000000,1795000000000,1795000000000,NULL);
INSERT INTO "objects" VALUES(3764569033933073849,'https://gouda.example/posts/3764569033933073849','Note','https://gouda.example/users/bram',1,'public','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/posts/3764569033933073849","type":"Note","attributedTo":"https://gouda.example/users/bram","content":"<p>Ik ook.</p>","published":"2026-11-19T11:06:40.000Z","url":"https://gouda.example/posts/3764569033933073849","sensitive":false,"tag":[{"type":"Mention","href":"https://gouda.example/users/fatima","name":"@fatima@gouda.example"}],"attachment":[],"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://gouda.example/users/bram/followers","https://gouda.example/users/fatima"],"contentMap":{"nl":"<p>Ik ook.</p>"},"inReplyTo":"https://gouda.example/posts/3764387840000576268","interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}},"replies":"https://gouda.example/posts/3764569033933073849/replies"}',1795086400000,1795086400000,1795086400000,NULL);
INSERT INTO "objects" VALUES(3764569033933074252,'https://gouda.example/posts/3764569033933074252','Question','https://gouda.example/users/fatima',1,'followers','{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",{"toot":"http://joinmastodon.org/ns#","schema":"http://schema.org#","fedgov":"https://w3id.org/fedgov/ns#","sensitive":"as:sensitive","Hashtag":"as:Hashtag","manuallyApprovesFollowers":"as:manuallyApprovesFollowers","alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"movedTo":{"@id":"as:movedTo","@type":"@id"},"Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable","votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"PropertyValue":"schema:PropertyValue","value":"schema:value","conversation":"http://ostatus.org#conversation","EmojiReact":"http://litepub.social/ns#EmojiReact","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest","QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote","webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger","implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id","@container":"@set"},"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},"tooi":{"@id":"fedgov:tooi","@type":"@id"},"function":"fedgov:function","department":"fedgov:department"}],"id":"https://gouda.example/posts/3764569033933074252","type":"Question","attributedTo":"https://gouda.example/users/fatima","content":"<p>Doen?</p>","published":"2026-11-19T11:06:40.000Z","url":"https://gouda.example/posts/3764569033933074252","sensitive":false,"tag":[],"attachment":[],"to":["https://gouda.example/users/fatima/followers"],"contentMap":{"nl":"<p>Doen?</p>"},"interactionPolicy":{"canQuote":{"automaticApproval":["https://gouda.example/users/fatima"]}},"replies":"https://gouda.example/posts/3764569033933074252/replies","oneOf":[{"type":"Note","name":"Ja","replies":{"type":"Collection","totalItems":0}},{"type":"Note","name":"Nee","replies":{"type":"Collection","totalItems":0}}],"endTime":"2026-11-20T11:06:40.000Z","votersCount":0}',1795086400000,1795086400000,1795086400000,NULL);
CREATE TABLE peers (
	host VARCHAR(260) NOT NULL, 
	shape VARCHAR(20), 
	shape_learnt_at BIGINT, 
	strong_count INTEGER DEFAULT '0' NOT NULL, 
	pinned_at BIGINT, 
	name TEXT, 
	software TEXT, 
	described_at BIGINT, 
	implements TEXT DEFAULT '[]' NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	last_inbound_at BIGINT, 
	last_success_at BIGINT, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	failing_since BIGINT, 
	next_attempt_at BIGINT, 
	parked_at BIGINT, 
	reason TEXT, 
	CONSTRAINT pk_peers PRIMARY KEY (host)
);
INSERT INTO "peers" VALUES('delft.example',NULL,NULL,0,NULL,NULL,'fedgov',NULL,'[]',1795086400000,NULL,NULL,3,NULL,NULL,NULL,NULL);
CREATE TABLE pins (
	object_id BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_pins PRIMARY KEY (object_id, actor), 
	CONSTRAINT fk_pins_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE poll_options (
	object_id BIGINT NOT NULL, 
	position INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	votes INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_poll_options PRIMARY KEY (object_id, position), 
	CONSTRAINT fk_poll_options_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
INSERT INTO "poll_options" VALUES(3764569033933074252,0,'Ja',0);
INSERT INTO "poll_options" VALUES(3764569033933074252,1,'Nee',0);
CREATE TABLE poll_votes (
	object_id BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	slot INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_poll_votes PRIMARY KEY (object_id, actor, slot), 
	CONSTRAINT fk_poll_votes_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE polls (
	object_id BIGINT NOT NULL, 
	multiple BOOLEAN NOT NULL, 
	ends_at BIGINT, 
	closed_at BIGINT, 
	voters_count INTEGER, 
	tally_due_at BIGINT, 
	CONSTRAINT pk_polls PRIMARY KEY (object_id), 
	CONSTRAINT fk_polls_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
INSERT INTO "polls" VALUES(3764569033933074252,0,1795172800000,NULL,0,NULL);
CREATE TABLE post_edits (
	id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	content_html TEXT NOT NULL, 
	sensitive BOOLEAN NOT NULL, 
	language VARCHAR(35), 
	CONSTRAINT pk_post_edits PRIMARY KEY (id), 
	CONSTRAINT fk_post_edits_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE posting_keys (
	author TEXT NOT NULL, 
	key_hash VARCHAR(64) NOT NULL, 
	made_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_posting_keys PRIMARY KEY (author, key_hash)
);
CREATE TABLE posts (
	object_id BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	local BOOLEAN NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	visibility VARCHAR(12) NOT NULL, 
	in_reply_to_uri TEXT, 
	in_reply_to_id BIGINT, 
	thread_id BIGINT NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	summary TEXT DEFAULT '' NOT NULL, 
	content_html TEXT DEFAULT '' NOT NULL, 
	source TEXT, 
	source_type VARCHAR(40), 
	language VARCHAR(35), 
	sensitive BOOLEAN DEFAULT '0' NOT NULL, 
	quote_uri TEXT, 
	quote_id BIGINT, 
	quote_state VARCHAR(10), 
	quote_stamp TEXT, 
	quotable TEXT, 
	url TEXT, 
	emojis TEXT DEFAULT '[]' NOT NULL, 
	backfilled BOOLEAN DEFAULT '0' NOT NULL, 
	published_at BIGINT NOT NULL, 
	edited_at BIGINT, 
	replies INTEGER DEFAULT '0' NOT NULL, 
	likes INTEGER DEFAULT '0' NOT NULL, 
	shares INTEGER DEFAULT '0' NOT NULL, 
	quotes INTEGER DEFAULT '0' NOT NULL, 
	edition BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_posts PRIMARY KEY (object_id), 
	CONSTRAINT fk_posts_object_id FOREIGN KEY(object_id) REFERENCES objects (id)
);
INSERT INTO "posts" VALUES(3764387840000576268,'https://gouda.example/users/fatima',1,'Article','public',NULL,NULL,3764387840000576268,'Een artikel','','<p>Een <strong>bericht</strong> met een <a href="https://delft.example/" rel="nofollow noopener noreferrer ugc">link</a>, voor wie het lezen wil.</p>','Een **bericht** met een [link](https://delft.example/), voor wie het lezen wil.','text/markdown','nl',0,NULL,NULL,NULL,NULL,'public|','https://gouda.example/posts/3764387840000576268','[]',0,1795000000000,NULL,1,1,1,0,-1458528392464694918);
INSERT INTO "posts" VALUES(3764569033933073849,'https://gouda.example/users/bram',1,'Note','public','https://gouda.example/posts/3764387840000576268',3764387840000576268,3764387840000576268,'','','<p>Ik ook.</p>','Ik ook.','text/markdown','nl',0,NULL,NULL,NULL,NULL,'public|','https://gouda.example/posts/3764569033933073849','[]',0,1795086400000,NULL,0,0,0,0,-1070995521975803811);
INSERT INTO "posts" VALUES(3764569033933074252,'https://gouda.example/users/fatima',1,'Question','followers',NULL,NULL,3764569033933074252,'','','<p>Doen?</p>','Doen?','text/markdown','nl',0,NULL,NULL,NULL,NULL,'|','https://gouda.example/posts/3764569033933074252','[]',0,1795086400000,NULL,0,0,0,0,3813548019896495265);
CREATE TABLE profile_links (
	account_id BIGINT NOT NULL, 
	url VARCHAR(200) NOT NULL, 
	confirmed_at BIGINT, 
	look_at BIGINT NOT NULL, 
	CONSTRAINT pk_profile_links PRIMARY KEY (account_id, url), 
	CONSTRAINT fk_profile_links_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE push_keys (
	id INTEGER NOT NULL, 
	private TEXT NOT NULL, 
	public VARCHAR(90) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_push_keys PRIMARY KEY (id)
);
CREATE TABLE push_messages (
	id BIGINT NOT NULL, 
	subscription_id BIGINT NOT NULL, 
	notification_id BIGINT NOT NULL, 
	host VARCHAR(260) NOT NULL, 
	due_at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	CONSTRAINT pk_push_messages PRIMARY KEY (id), 
	CONSTRAINT fk_push_messages_subscription_id_push_subscriptions FOREIGN KEY(subscription_id) REFERENCES push_subscriptions (id) ON DELETE CASCADE
);
CREATE TABLE push_subscriptions (
	id BIGINT NOT NULL, 
	token_id BIGINT NOT NULL, 
	token_sealed TEXT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	endpoint TEXT NOT NULL, 
	p256dh VARCHAR(90) NOT NULL, 
	auth VARCHAR(30) NOT NULL, 
	key_id INTEGER DEFAULT '1' NOT NULL, 
	standard BOOLEAN NOT NULL, 
	policy VARCHAR(8) NOT NULL, 
	kinds TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_push_subscriptions PRIMARY KEY (id), 
	CONSTRAINT uq_push_subscriptions_token_id UNIQUE (token_id)
);
CREATE TABLE quote_requests (
	object_id BIGINT NOT NULL, 
	quoted_id BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	activity_uri TEXT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_quote_requests PRIMARY KEY (object_id), 
	CONSTRAINT fk_quote_requests_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
CREATE TABLE reactions (
	object_id BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	emoji VARCHAR(130) NOT NULL, 
	emoji_url TEXT, 
	activity_uri TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_reactions PRIMARY KEY (object_id, actor, emoji), 
	CONSTRAINT fk_reactions_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
INSERT INTO "reactions" VALUES(3764387840000576268,'https://gouda.example/users/bram','',NULL,'https://gouda.example/activities/3764569033933074820',1795086400000);
CREATE TABLE reports (
	id BIGINT NOT NULL, 
	reporter TEXT NOT NULL, 
	target TEXT NOT NULL, 
	objects TEXT DEFAULT '[]' NOT NULL, 
	text TEXT DEFAULT '' NOT NULL, 
	category VARCHAR(10) DEFAULT 'other' NOT NULL, 
	rules TEXT DEFAULT '[]' NOT NULL, 
	flag_uri TEXT, 
	forwarded BOOLEAN DEFAULT '0' NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	outcome VARCHAR(10), 
	decided_by TEXT, 
	note TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	decided_at BIGINT, 
	assigned_to TEXT, 
	updated_at BIGINT, 
	CONSTRAINT pk_reports PRIMARY KEY (id)
);
CREATE TABLE sanctions (
	actor_uri TEXT NOT NULL, 
	limited_at BIGINT, 
	sensitive_at BIGINT, 
	suspended_at BIGINT, 
	changed_at BIGINT NOT NULL, 
	changed_by TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_sanctions PRIMARY KEY (actor_uri)
);
CREATE TABLE scheduled_posts (
	id BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	due_at BIGINT NOT NULL, 
	draft TEXT NOT NULL, 
	refusal TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_scheduled_posts PRIMARY KEY (id)
);
CREATE TABLE sessions (
	token_hash VARCHAR(64) NOT NULL, 
	id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	csrf_secret VARCHAR(100) NOT NULL, 
	user_agent VARCHAR(300) DEFAULT '' NOT NULL, 
	address VARCHAR(64) DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_sessions_id UNIQUE (id)
);
CREATE TABLE shares (
	id BIGINT NOT NULL, 
	object_id BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	visibility VARCHAR(12) NOT NULL, 
	activity_uri TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_shares PRIMARY KEY (id), 
	CONSTRAINT fk_shares_object_id FOREIGN KEY(object_id) REFERENCES posts (object_id) ON DELETE CASCADE
);
INSERT INTO "shares" VALUES(3764569033933075250,3764387840000576268,'https://gouda.example/users/bram','public','https://gouda.example/activities/3764569033933075146',1795086400000);
CREATE TABLE tokens (
	id BIGINT NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	app_id BIGINT, 
	account_id BIGINT, 
	scopes TEXT NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_used_at BIGINT, 
	revoked_at BIGINT, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_tokens_app_id FOREIGN KEY(app_id) REFERENCES apps (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_token_hash UNIQUE (token_hash)
);
CREATE TABLE trust_mode (
	id INTEGER NOT NULL, 
	mode VARCHAR(10) NOT NULL, 
	changed_at BIGINT NOT NULL, 
	changed_by TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_trust_mode PRIMARY KEY (id)
);
CREATE INDEX ix_activities_actor ON activities (actor, visibility, id);
CREATE INDEX ix_activities_object_uri ON activities (object_uri);
CREATE INDEX ix_actors_handle ON actors (username, host);
CREATE INDEX ix_actors_host ON actors (host);
CREATE INDEX ix_attempts_last_at ON attempts (last_at);
CREATE INDEX ix_audit_entries_kind ON audit_entries (kind, number);
CREATE INDEX ix_audit_entries_target ON audit_entries (target, number);
CREATE INDEX ix_audit_entries_who ON audit_entries (who, number);
CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        WHEN OLD.number > COALESCE((SELECT anchor_number FROM audit_head), 0)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head
        WHEN NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE INDEX ix_blocks_whom ON blocks (whom);
CREATE INDEX ix_bookmarks_owner_id ON bookmarks (owner_id, id);
CREATE INDEX ix_follows_follower ON follows (follower, state, id);
CREATE INDEX ix_follows_following ON follows (following, state, id);
CREATE INDEX ix_home_entries_shared_by_id ON home_entries (shared_by_id) WHERE shared_by_id IS NOT NULL;
CREATE INDEX ix_inbox_items_due ON inbox_items (state, id, next_attempt_at, attempts);
CREATE INDEX ix_inbox_items_waiting ON inbox_items (order_key, next_attempt_at) WHERE state = 'queued' AND attempts > 0;
CREATE INDEX ix_keys_owner ON keys (owner);
CREATE INDEX ix_media_deleted_at ON media (deleted_at);
CREATE INDEX ix_media_object_id ON media (object_id, position);
CREATE INDEX ix_media_owner ON media (owner);
CREATE INDEX ix_media_copies_last_used ON media_copies (last_used);
CREATE INDEX ix_dismissed_suggestions_whom ON dismissed_suggestions (whom);
CREATE INDEX ix_endorsements_whom ON endorsements (whom);
CREATE INDEX ix_host_blocks_host ON host_blocks (host);
CREATE INDEX ix_notes_whom ON notes (whom);
CREATE INDEX ix_moves_old ON moves (old, at);
CREATE INDEX ix_mutes_whom ON mutes (whom);
CREATE INDEX ix_notifications_actor_id ON notifications (actor_id);
CREATE INDEX ix_notifications_owner_id ON notifications (owner_id, id);
CREATE INDEX ix_notifications_subject_id ON notifications (subject_id, kind, owner_id, id);
CREATE INDEX ix_lists_owner_id ON lists (owner_id, id);
CREATE INDEX ix_list_members_list_id ON list_members (list_id, id);
CREATE INDEX ix_list_entries_shared_by_id ON list_entries (shared_by_id) WHERE shared_by_id IS NOT NULL;
CREATE INDEX ix_filters_owner_id ON filters (owner_id, id);
CREATE INDEX ix_filter_keywords_filter_id ON filter_keywords (filter_id, id);
CREATE INDEX ix_filter_posts_filter_id ON filter_posts (filter_id, id);
CREATE INDEX ix_notification_requests_actor_id ON notification_requests (actor_id);
CREATE INDEX ix_notification_requests_owner_id ON notification_requests (owner_id, id);
CREATE INDEX ix_push_subscriptions_owner_id ON push_subscriptions (owner_id, id);
CREATE INDEX ix_push_messages_host ON push_messages (host, due_at);
CREATE INDEX ix_push_messages_subscription_id ON push_messages (subscription_id);
CREATE INDEX ix_notification_permissions_actor_id ON notification_permissions (actor_id);
CREATE INDEX ix_follow_choices_author_id ON follow_choices (author_id);
CREATE INDEX ix_conversations_last_object_id ON conversations (last_object_id);
CREATE INDEX ix_conversations_owner_id ON conversations (owner_id, last_object_id);
CREATE INDEX ix_followed_tags_owner_id ON followed_tags (owner_id, id);
CREATE INDEX ix_objects_attributed_to ON objects (attributed_to, id);
CREATE INDEX ix_objects_deleted_at ON objects (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_peers_next_attempt_at ON peers (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_announcement_dismissals_owner_id ON announcement_dismissals (owner_id);
CREATE INDEX ix_announcement_reactions_actor_id ON announcement_reactions (actor_id);
CREATE INDEX ix_reports_flag_uri ON reports (flag_uri);
CREATE INDEX ix_reports_reporter ON reports (reporter, state);
CREATE INDEX ix_reports_state ON reports (state, id);
CREATE INDEX ix_audience_target ON audience (target, object_id);
CREATE INDEX ix_deliveries_activity_id ON deliveries (activity_id);
CREATE INDEX ix_deliveries_due ON deliveries (state, host, id);
CREATE INDEX ix_deliveries_waiting ON deliveries (host, order_key, next_attempt_at) WHERE state = 'queued' AND attempts > 0;
CREATE INDEX ix_posts_quote_id ON posts (quote_id, object_id) WHERE quote_id IS NOT NULL;
CREATE INDEX ix_posts_quote_stamp ON posts (quote_stamp) WHERE quote_stamp IS NOT NULL;
CREATE INDEX ix_posts_author ON posts (author, object_id);
CREATE INDEX ix_posts_in_reply_to_uri ON posts (in_reply_to_uri);
CREATE INDEX ix_posts_thread ON posts (thread_id, object_id);
CREATE INDEX ix_posts_visibility ON posts (visibility, local, object_id);
CREATE INDEX ix_profile_links_look_at ON profile_links (look_at);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_apps_created_at ON apps (created_at);
CREATE INDEX ix_codes_account_id ON codes (account_id);
CREATE INDEX ix_codes_app_id ON codes (app_id);
CREATE INDEX ix_codes_expires_at ON codes (expires_at);
CREATE INDEX ix_tokens_account_id ON tokens (account_id);
CREATE INDEX ix_tokens_app_id ON tokens (app_id);
CREATE INDEX ix_attachments_object_id ON attachments (object_id, position);
CREATE INDEX ix_hashtags_tag ON hashtags (tag, object_id);
CREATE INDEX ix_links_url ON links (url, object_id);
CREATE INDEX ix_mentions_actor_uri ON mentions (actor_uri, object_id);
CREATE INDEX ix_pins_actor ON pins (actor, at);
CREATE INDEX ix_polls_due ON polls (closed_at, ends_at);
CREATE INDEX ix_polls_tally_due_at ON polls (tally_due_at);
CREATE INDEX ix_post_edits_object_id ON post_edits (object_id, at);
CREATE INDEX ix_quote_requests_author ON quote_requests (author, object_id);
CREATE INDEX ix_quote_requests_quoted_id ON quote_requests (quoted_id);
CREATE INDEX ix_reactions_actor ON reactions (actor, object_id);
CREATE INDEX ix_shares_actor ON shares (actor, id);
CREATE UNIQUE INDEX uq_shares_object_id_actor ON shares (object_id, actor);
CREATE INDEX ix_posting_keys_at ON posting_keys (at);
CREATE INDEX ix_scheduled_posts_author ON scheduled_posts (author, id);
CREATE INDEX ix_scheduled_posts_due_at ON scheduled_posts (due_at);
CREATE TRIGGER follows_counted_in AFTER INSERT ON follows WHEN NEW.state = 'accepted'
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, 1, 0), (NEW.follower, 0, 1)
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END;
CREATE TRIGGER follows_counted_out AFTER DELETE ON follows WHEN OLD.state = 'accepted'
        BEGIN
          UPDATE follow_figures SET followers = followers - 1 WHERE actor = OLD.following;
          UPDATE follow_figures SET following = following - 1 WHERE actor = OLD.follower;
        END;
CREATE TRIGGER follows_counted_again AFTER UPDATE OF state ON follows
        WHEN (OLD.state = 'accepted') <> (NEW.state = 'accepted')
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, (NEW.state = 'accepted') - (OLD.state = 'accepted'), 0),
            (NEW.follower, 0, (NEW.state = 'accepted') - (OLD.state = 'accepted'))
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END;
CREATE TRIGGER posts_counted_in AFTER INSERT ON posts
        WHEN NEW.visibility IN ('public', 'unlisted')
        BEGIN
          INSERT INTO author_figures (author, posts, newest_at) VALUES (NEW.author, 1, NEW.published_at)
          ON CONFLICT (author) DO UPDATE
          SET posts = posts + 1, newest_at = max(COALESCE(newest_at, 0), excluded.newest_at);
        END;
CREATE TRIGGER posts_counted_out AFTER DELETE ON posts
        WHEN OLD.visibility IN ('public', 'unlisted')
        BEGIN
          UPDATE author_figures SET posts = posts - 1, newest_at = CASE WHEN newest_at > OLD.published_at THEN newest_at
            ELSE (SELECT max(published_at) FROM posts
              WHERE author = OLD.author AND visibility IN ('public', 'unlisted')) END
          WHERE author = OLD.author;
        END;
CREATE TRIGGER posts_counted_again AFTER UPDATE OF visibility ON posts
        WHEN (OLD.visibility IN ('public', 'unlisted')) <> (NEW.visibility IN ('public', 'unlisted'))
        BEGIN
          INSERT INTO author_figures (author, posts)
          VALUES (NEW.author, (NEW.visibility IN ('public', 'unlisted')) - (OLD.visibility IN ('public', 'unlisted')))
          ON CONFLICT (author) DO UPDATE SET posts = posts + excluded.posts;
          UPDATE author_figures SET newest_at = (SELECT max(published_at) FROM posts
            WHERE author = NEW.author AND visibility IN ('public', 'unlisted'))
          WHERE author = NEW.author;
        END;
CREATE TRIGGER quotes_counted_in AFTER INSERT ON posts WHEN NEW.quote_state = 'accepted'
        BEGIN UPDATE posts SET quotes = quotes + 1 WHERE object_id = NEW.quote_id; END;
CREATE TRIGGER quotes_counted_out AFTER DELETE ON posts WHEN OLD.quote_state = 'accepted'
        BEGIN UPDATE posts SET quotes = quotes - 1 WHERE object_id = OLD.quote_id; END;
CREATE TRIGGER quotes_counted_again AFTER UPDATE OF quote_state, quote_id ON posts
        BEGIN
          UPDATE posts SET quotes = quotes - 1 WHERE object_id = OLD.quote_id AND OLD.quote_state = 'accepted';
          UPDATE posts SET quotes = quotes + 1 WHERE object_id = NEW.quote_id AND NEW.quote_state = 'accepted';
        END;
CREATE TRIGGER actors_edition AFTER UPDATE ON actors
        BEGIN UPDATE actors SET edition = random() WHERE id = NEW.id; END;
CREATE TRIGGER posts_edition AFTER UPDATE OF author, local, type, visibility, name, summary, content_html, source, source_type, language, sensitive, quote_uri, quote_id, quote_state, quote_stamp, quotable, url, emojis, backfilled, published_at, edited_at ON posts
        BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER attachments_edition_in AFTER INSERT ON attachments
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER attachments_edition_again AFTER UPDATE ON attachments
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER attachments_edition_out AFTER DELETE ON attachments
            BEGIN UPDATE posts SET edition = random() WHERE object_id = OLD.object_id; END;
CREATE TRIGGER mentions_edition_in AFTER INSERT ON mentions
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER mentions_edition_again AFTER UPDATE ON mentions
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER mentions_edition_out AFTER DELETE ON mentions
            BEGIN UPDATE posts SET edition = random() WHERE object_id = OLD.object_id; END;
CREATE TRIGGER hashtags_edition_in AFTER INSERT ON hashtags
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER hashtags_edition_again AFTER UPDATE ON hashtags
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER hashtags_edition_out AFTER DELETE ON hashtags
            BEGIN UPDATE posts SET edition = random() WHERE object_id = OLD.object_id; END;
CREATE TRIGGER polls_edition_in AFTER INSERT ON polls
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER polls_edition_again AFTER UPDATE ON polls
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER polls_edition_out AFTER DELETE ON polls
            BEGIN UPDATE posts SET edition = random() WHERE object_id = OLD.object_id; END;
CREATE TRIGGER poll_options_edition_in AFTER INSERT ON poll_options
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER poll_options_edition_again AFTER UPDATE ON poll_options
            BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END;
CREATE TRIGGER poll_options_edition_out AFTER DELETE ON poll_options
            BEGIN UPDATE posts SET edition = random() WHERE object_id = OLD.object_id; END;
CREATE TRIGGER actors_named_in AFTER INSERT ON actors
            BEGIN
              UPDATE posts SET edition = random()
              WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = NEW.uri);
            END;
CREATE TRIGGER actors_named_again AFTER UPDATE OF username, host, kind ON actors WHEN NEW.username <> OLD.username OR NEW.host <> OLD.host OR NEW.kind <> OLD.kind
            BEGIN
              UPDATE posts SET edition = random()
              WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = NEW.uri);
            END;
CREATE TRIGGER actors_named_out AFTER DELETE ON actors
            BEGIN
              UPDATE posts SET edition = random()
              WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = OLD.uri);
            END;
CREATE VIRTUAL TABLE post_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'");
INSERT INTO post_index(rowid, document) VALUES(3764387840000576268, ' een artikel een bericht met een link voor wie het lezen wil :a3764387840000575408 :a3764387840000575703 :d20261118 :e :langnl :link :m202611 :w3764387840000575408 :y2026 ');
INSERT INTO post_index(rowid, document) VALUES(3764569033933073849, ' ik ook :a3764387840000575408 :a3764387840000575703 :d20261119 :e :langnl :m202611 :reply :w3764387840000575703 :y2026 ');
INSERT INTO post_index(rowid, document) VALUES(3764569033933074252, ' doen ja nee :a3764387840000575408 :d20261119 :f3764387840000575703 :langnl :m202611 :poll :w3764387840000575408 :y2026 ');
CREATE VIRTUAL TABLE people_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'");
INSERT INTO people_index(rowid, document) VALUES(3764387840000575234, ' gemeente gouda organisatie :d :hgoudaexample :l :uorganisatie ');
INSERT INTO people_index(rowid, document) VALUES(3764387840000575408, ' fatima fatima :d :hgoudaexample :l :ufatima ');
INSERT INTO people_index(rowid, document) VALUES(3764387840000575703, ' bram bram :d :hgoudaexample :l :ubram ');
INSERT INTO people_index(rowid, document) VALUES(3764569033933075714, ' weg weg :d :hgoudaexample :l :uweg ');
COMMIT;
