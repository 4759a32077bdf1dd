defmodule A.B do
  @moduledoc "Says A."
  use GenServer
  alias X.{Y, Z}
  alias Q.R, as: S
  import Enum, only: [map: 2]
  require Logger
  @behaviour Beh
  @doc """
  Says f.
  """
  @spec f(integer) :: atom
  def f(a, b \\ 1) when a > 1 and b < 2 do
    c = a + b
    case c do
      1 -> IO.puts("x#{c}")
      _ -> g(c) |> Enum.map(fn x -> x.y end)
    end
    %S{k: 1}
  end
  def f(0), do: :ok
  defp g(x), do: if(x, do: 1, else: 2)
  defmacro m(e), do: quote(do: unquote(e))
  defstruct [:a, b: 1]
  defguard is_x(y) when y > 1
  for i <- [1], do: &h/1
end
defprotocol P do
  def z(t)
end
defimpl P, for: Integer do
  def z(t), do: t
end
defmodule T do
  @type t :: integer
  @callback back(t) :: atom
end
