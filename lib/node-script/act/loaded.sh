
do_loaded() { return 0; }

undo_loaded() { return 0; }
