# frozen_string_literal: true
require "set"
require_relative "lib/money"

module Shop
  # What is bought.
  class Basket < Container
    RATE = 0.2
    include Enumerable

    alias size total

    def initialize(items, limit: 3, *rest, &block)
      @items = items
    end

    def self.total(a, b = 1)
      a.each do |x|
        puts x if x > 1 && b
      end
      x = ->(y) { y * 2 }
      Shop::Basket.new([1, 2.5]).sum("é#{a}")
    rescue ArgumentError => e
      raise e
    end

    private

    def check(name:, **rest) = name =~ /^é/ ? :old : @items.size
  end
end
