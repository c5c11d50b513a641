
edit_config() fail 'edit: not written yet' || return 1
verb_edit() fail 'edit: not written yet' || return 1
