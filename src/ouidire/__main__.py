"""`python -m ouidire`: the same commands as `ouidire`, where no script was put on the path."""

from ouidire.cli.main import main

if __name__ == "__main__":
    main()
