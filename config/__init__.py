"""What the operator decides: four YAML files, checked as a whole before anything starts."""
