package telegram

// kinds are what a private message can hold that we can't carry, in words.
var kinds = []struct{ field, words string }{
	{"poll", "a poll"},
	{"dice", "a die"},
	{"game", "a game"},
	{"story", "a story"},
	{"paid_media", "paid media"},
	{"checklist", "a checklist"},
	{"invoice", "an invoice"},
	{"successful_payment", "a payment"},
	{"refunded_payment", "a refunded payment"},
	{"gift", "a gift"},
	{"unique_gift", "a gift"},
	{"giveaway", "a giveaway"},
	{"users_shared", "shared people"},
	{"chat_shared", "a shared chat"},
	{"web_app_data", "data of a web app"},
	{"passport_data", "passport data"},
	{"pinned_message", "a pinned message"},
	{"connected_website", "a log-in on a website"},
	{"write_access_allowed", "leave to write"},
	{"message_auto_delete_timer_changed", "a changed timer for deleting messages"},
	{"chat_background_set", "a changed background"},
	{"proximity_alert_triggered", "a proximity alert"},
}

// envelope are the fields that say nothing about what a message holds.
var envelope = []string{
	"message_id", "date", "edit_date", "from", "chat", "sender_chat", "message_thread_id", "reply_to_message", "external_reply",
	"quote", "forward_origin", "via_bot", "media_group_id", "is_from_offline", "has_protected_content", "author_signature",
	"reply_markup", "link_preview_options", "effect_id", "entities", "caption_entities", "text", "caption",
}
