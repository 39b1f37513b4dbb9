"""Many places at once: a file is read, its columns are understood, each row's fate is shown, then all are added."""
