# frozen_string_literal: true

require "erb"

module Mail
  # A letter to a customer, written from a template.
  class Letter
    TEMPLATE = ERB.new("Dear <%= customer %>,\n<%= body %>\n")

    attr_reader :customer

    def initialize(customer, number)
      @customer = customer
      @number = number
    end

    def to_s
      TEMPLATE.result(binding)
    end

    private

    def body
      raise NotImplementedError, "#{self.class} has no text"
    end
  end

  class Confirmation < Letter
    private

    def body
      "we have your order #{@number}."
    end
  end

  class Dispatch < Letter
    private

    def body
      "your order #{@number} is on its way."
    end
  end

  def self.letter_for(state, customer, number)
    kind = { placed: Confirmation, sent: Dispatch }.fetch(state)
    kind.new(customer, number).to_s
  end
end
