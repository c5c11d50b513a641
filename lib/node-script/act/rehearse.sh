
# The verb. It writes `supports` records and refuses (`refuse WHY`) or fails ($why).
verb_rehearse() { fail 'rehearse: not written yet'; }
