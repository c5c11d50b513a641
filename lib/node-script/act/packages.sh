
# Called by `plan`, with nobody disturbed: fetches the packages, new and old, so that neither way needs the network.
fetch_packages() { return 0; }

# Called by `check`: versions as planned, package manager free. Records of its own are welcome.
check_packages() { return 0; }

# Called when the section begins, before anything is changed; keeps what undo_packages needs under $run_dir/backup. $run_dir/stage is
# gone once the run is finished; the way back is open after that too.
backup_packages() { return 0; }

do_packages() { return 0; }

undo_packages() { return 0; }
