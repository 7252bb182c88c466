# The example shops, as they lie in the repository.
cp -r "$(dirname "$0")/../../../examples/." .
