# Says r.
resource "aws_vpc" "main" {
  cidr = var.cidr
  tags = { Name = "x-${local.n}" }
  count = length(var.l) > 1 ? 1 : 0
  dynamic "b" { for_each = [for k, v in data.x.y : k if v] }
}
variable "cidr" { type = string }
module "m" { source = "./m" }
locals { n = 1 }
output "o" { value = aws_vpc.main.id }
