package mime

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// singleByteEncoding knows the charsets of one byte a character. Latin 1 is read as windows-1252, as browsers do:
// the bytes in which they differ are control characters in the one and what the sender meant in the other.
func singleByteEncoding(key string) encoding.Encoding {
	switch key {
	case "iso88591", "iso885911987", "latin1", "l1", "isolatin1", "isoir100", "cp819", "ibm819", "windows1252", "cp1252", "1252", "ansi", "win1252", "xansi", "iso8859", "8859", "88591", "fakescii", "windows":
		return charmap.Windows1252
	case "windows1250", "cp1250", "xcp1250", "win1250":
		return charmap.Windows1250
	case "windows1251", "cp1251", "xcp1251", "win1251", "win", "1251":
		return charmap.Windows1251
	case "windows1253", "cp1253":
		return charmap.Windows1253
	case "windows1254", "cp1254", "iso88599", "latin5", "l5", "iso885991989", "csisolatin5":
		return charmap.Windows1254
	case "windows1255", "cp1255":
		return charmap.Windows1255
	case "windows1256", "cp1256":
		return charmap.Windows1256
	case "windows1257", "cp1257":
		return charmap.Windows1257
	case "windows1258", "cp1258":
		return charmap.Windows1258
	case "windows874", "cp874", "tis620", "iso885911", "dos874":
		return charmap.Windows874
	case "koi8r", "koi8", "koi", "cskoi8r":
		return charmap.KOI8R
	case "koi8u", "koi8ru":
		return charmap.KOI8U
	case "macintosh", "mac", "xmacroman", "macroman", "applemacintosh":
		return charmap.Macintosh
	case "xmaccyrillic", "maccyrillic", "xmacukrainian":
		return charmap.MacintoshCyrillic
	}
	if enc := isoEncoding(key); enc != nil {
		return enc
	}
	return dosEncoding(key)
}

func isoEncoding(key string) encoding.Encoding {
	switch key {
	case "iso88592", "latin2", "l2", "iso885921987", "csisolatin2", "isoir101":
		return charmap.ISO8859_2
	case "iso88593", "latin3":
		return charmap.ISO8859_3
	case "iso88594", "latin4":
		return charmap.ISO8859_4
	case "iso88595", "cyrillic", "isoir144":
		return charmap.ISO8859_5
	case "iso88596", "arabic", "iso88596e", "iso88596i":
		return charmap.ISO8859_6
	case "iso88597", "greek", "greek8", "isoir126":
		return charmap.ISO8859_7
	case "iso88598", "hebrew", "iso88598e", "iso88598i", "logical", "visual":
		return charmap.ISO8859_8
	case "iso885910", "latin6":
		return charmap.ISO8859_10
	case "iso885913", "latin7":
		return charmap.ISO8859_13
	case "iso885914", "latin8":
		return charmap.ISO8859_14
	case "iso885915", "latin9", "latin0", "iso885915euro":
		return charmap.ISO8859_15
	case "iso885916", "latin10":
		return charmap.ISO8859_16
	}
	return nil
}

func dosEncoding(key string) encoding.Encoding {
	switch key {
	case "ibm437", "cp437", "437":
		return charmap.CodePage437
	case "ibm850", "cp850", "850":
		return charmap.CodePage850
	case "ibm852", "cp852":
		return charmap.CodePage852
	case "ibm855", "cp855":
		return charmap.CodePage855
	case "ibm858", "cp858":
		return charmap.CodePage858
	case "ibm860", "cp860":
		return charmap.CodePage860
	case "ibm862", "cp862":
		return charmap.CodePage862
	case "ibm863", "cp863":
		return charmap.CodePage863
	case "ibm865", "cp865":
		return charmap.CodePage865
	case "ibm866", "cp866", "866":
		return charmap.CodePage866
	case "ibm037", "cp037":
		return charmap.CodePage037
	}
	return nil
}
