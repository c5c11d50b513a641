
verb_look() { return 0; }

verb_reach() { return 0; }
