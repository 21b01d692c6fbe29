"""Reads the mails named with Python's own reader and prints one JSON line each: what the writer's tests compare with."""
import email, email.policy, json, sys

for path in sys.argv[1:]:
    with open(path, "rb") as f:
        mail = email.message_from_binary_file(f, policy=email.policy.default)
    out = {"headers": {}, "text": "", "html": "", "files": [], "defects": [str(d) for d in mail.defects]}
    for name in ("From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Note"):
        if mail[name] is not None:
            out["headers"][name] = str(mail[name])
    out["people"] = {
        name: [[a.display_name, a.addr_spec] for a in mail[name].addresses] for name in ("From", "To", "Cc", "Reply-To") if mail[name]
    }
    for part in mail.walk():
        out["defects"] += [str(d) for d in part.defects]
        if part.is_multipart():
            continue
        if part.get_content_disposition() is None:
            out["text" if part.get_content_type() == "text/plain" else "html"] = part.get_content()
            continue
        out["files"].append({
            "name": part.get_filename(), "type": part.get_content_type(), "disposition": part.get_content_disposition(),
            "id": part["Content-ID"] or "", "hex": part.get_payload(decode=True).hex(),
        })
    print(json.dumps(out))
