using module A
Import-Module B
. ./c.ps1

<# Says f. #>
function Get-F {
    param([int]$a, [string]$b = "x")
    if ($a -gt 1 -and $b) {
        return Get-G $a
    } elseif ($b) {
    }
    foreach ($i in $j) { $k.m($i) }
    $local = 1
    switch ($t) { 1 { "a" } }
    try { throw "x" } catch [E] { } finally { }
}
class A : B {
    [int] $x = 1
    hidden [string] $y
    A([int]$z) { $this.x = $z }
    static [int] M() { return [Math]::Abs($this.x) }
}
enum En {
    U
    V = 2
}
$t = @{ a = 1 }
