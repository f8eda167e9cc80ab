package files

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Tags of the entries of an access list (Linux, include/uapi/linux/posix_acl.h).
const (
	aclUserObj  = 1
	aclUser     = 2
	aclGroupObj = 4
	aclGroup    = 8
	aclMask     = 16
	aclOther    = 32
)

// maxACL bounds the entries of an access list: the most that a file can carry (an extended attribute has at most 64 KiB).
const maxACL = 64 << 10 / 8

var errACL = errors.New("an access list that is not understood")

// parseACL reads the extended attribute system.posix_acl_access (Linux, include/uapi/linux/posix_acl_xattr.h): version 2 as 32 bits, then
// entries of a tag, permissions (16 bits each) and an id (32 bits), all little-endian. It gives them as getfacl(1) writes them, with numbers
// for names.
func parseACL(b []byte) ([]string, error) {
	if len(b) < 4 || binary.LittleEndian.Uint32(b) != 2 || (len(b)-4)%8 != 0 || len(b)/8 > maxACL {
		return nil, errACL
	}
	var out []string
	for b = b[4:]; len(b) > 0; b = b[8:] {
		tag, perm, id := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])
		if perm > 7 {
			return nil, errACL
		}
		who := ""
		switch tag {
		case aclUserObj:
			who = "user:"
		case aclUser:
			who = fmt.Sprintf("user:%d", id)
		case aclGroupObj:
			who = "group:"
		case aclGroup:
			who = fmt.Sprintf("group:%d", id)
		case aclMask:
			who = "mask:"
		case aclOther:
			who = "other:"
		default:
			return nil, errACL
		}
		bits := []byte("---")
		for i, c := range "rwx" {
			if perm>>(2-i)&1 == 1 {
				bits[i] = byte(c)
			}
		}
		out = append(out, who+":"+string(bits))
	}
	return out, nil
}
