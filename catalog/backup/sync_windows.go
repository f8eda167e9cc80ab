package backup

// syncFolder does nothing: Windows brings the entries of a folder to the disk by itself.
func syncFolder(string) error { return nil }
