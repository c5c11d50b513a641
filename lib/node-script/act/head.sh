#!/bin/sh
# shellcheck disable=SC2015,SC2016,SC2034,SC2046,SC2086,SC2154
# The node's side of an upgrade: takes the plan as data, carries its section out as a systemd unit of its own, and takes it back when
# a step fails, when its deadline passes or when it is told to. Nobody has to be there.
#
#   /bin/sh /var/lib/cni-upgrade/act.sh VERB RUN UID [WORD...]
#   /bin/sh /var/lib/cni-upgrade/act.sh --list
#
# Runs under any POSIX shell and awk. Paths start with $CNI_UPGRADE_ROOT, which is empty on nodes; tests set it to a directory tree.
# This is act/*.sh in the order of act-script.ts: every file holds functions only, and the last line calls the first of them, so that
# a script that was cut does nothing.
#
# WHERE THINGS ARE, under /var/lib/cni-upgrade, which only root may enter
#   current           the id of the run that is not finished      last   the id of the newest finished one
#   gate/UNIT         while this file is there, systemd skips every start of UNIT
#   RUN/plan          the orders (lib/plan/orders.ts), here only once everything they name is staged and has its hash
#   RUN/journal       what was done, a line each (lib/plan/journal.ts)
#   RUN/back          a rollback was asked for
#   RUN/stage/NAME    what was sent; stage/plugins/NAME, stage/config/PATH what was made of it; all removed in the end
#   RUN/backup/PATH   the files that were replaced, kept in the end
#   RUN/state/        notes of the steps to themselves;   RUN/reserve   room for the journal on a full disk
#
# ANSWERS of every verb but `run` are one frame as collect.sh writes it; records, one a line, fields parted by one tab and
# percent-encoded (all bytes but [A-Za-z0-9._/:@+=,~-]; the empty string is a lone %). The last record is
#   result ok   |   result refused WHY (nothing was changed)   |   result failed WHY
# VERBS and their records
#   begin                        unfinished RUN
#   put NAME BYTES SHA256        have            reads BYTES bytes of standard input, unless they are here already
#   plan BYTES SHA256            have
#   edit PATH VERSION            edit PATH OLDSHA NEWSHA LINE replace|insert OLDTOKEN NEWTOKEN INDENT
#   check                        changed PATH EXPECTED SEEN
#   packages WORD...             package ...   file ...   change ...   remove ...   problem WHY            packages.sh tells the words
#   migrate                      runtime-config PATH VERSION needed|not-needed|refused SHA LINES|WHY       runtime-config.sh
#   rehearse                     supports TYPE VERSIONS RELEASE|none   rehearsed ADD|CHECK|DEL|GONE ok|failed|skipped WHY
#   note STEP STATE [DETAIL]     the client's line; DETAIL is percent-encoded by the client
#   start, back, finish, discard
#   journal FROM                 journal NUMBER EPOCH BOOT WHO STEP STATE DETAIL     more NUMBER     unit ACTIVESTATE
#   state                        current RUN|none   boot ID   run RUN finished|unfinished   order LINE   journal ...   more NUMBER
#   look ADDRESS                 lease PATH CONTAINERID   cached PATH   interface NAME
#   reach ADDRESS [PORT]         reached yes|no|unknown HOW
# `run` is what the unit executes, `rehearsal` what `rehearse` calls in a network namespace.
#
# CONVENTIONS: a function that can fail returns non-zero with the reason, one line, in $why (`fail WHY`; `refuse WHY` in a verb that
# changed nothing and whose answer would be the same again). do_X_Y carries out step X-Y and
# undo_X_Y takes it back; both may be called again at any time, after a kill or a reboot too, and may set $skipped (a reason) or
# $detail (what the journal should say). $step is the step that is under way.
