source ./a.sh
. /b.sh
export Y=2
# Says f.
f() { local a=$1; g "$a" | h; }
