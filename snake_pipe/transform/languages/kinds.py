"""Grammar type → normalised kind, for what the grammars name alike; a language's own table wins."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import table, words

_TOKENS = words(
    """
        parenthesized_expression argument_list arguments argument keyword_argument string_start
        string_end string_content string_fragment escape_sequence escape_interpolation interpolation
        format_specifier format_expression type_conversion template_substitution regex_pattern
        regex_flags line_continuation interpreted_string_literal_content raw_string_literal_content
        string_literal_content character_literal_content raw_string_content raw_string_start
        raw_string_end raw_string_delimiter interpolation_start interpolation_brace interpolation_quote
        interpolation_format_clause interpolation_alignment_clause string_literal_encoding
        multiline_string_fragment string_interpolation heredoc_beginning heredoc_content heredoc_end
        heredoc_start heredoc_redirect herestring_redirect file_redirect file_descriptor nowdoc_string
        outer_doc_comment_marker inner_doc_comment_marker token_tree token_tree_pattern token_repetition
        token_repetition_pattern token_binding_pattern fragment_specifier literal_suffix
        html_character_reference dimensions dimensions_expr array_rank_specifier pattern_list
        tuple_pattern list_pattern list_splat_pattern dictionary_splat_pattern as_pattern
        as_pattern_target dict_pattern class_pattern complex_pattern keyword_pattern splat_pattern
        union_pattern object_pattern array_pattern pair_pattern rest_pattern assignment_pattern
        object_assignment_pattern pattern type_pattern record_pattern record_pattern_body
        record_pattern_component captured_pattern field_pattern generic_pattern mut_pattern or_pattern
        range_pattern ref_pattern reference_pattern remaining_field_pattern slice_pattern struct_pattern
        tuple_struct_pattern and_pattern constant_pattern declaration_pattern negated_pattern
        parenthesized_pattern recursive_pattern relational_pattern var_pattern subpattern
        positional_pattern_clause property_pattern_clause parenthesized_variable_designation
        alternative_pattern expression_reference_pattern find_pattern hash_pattern test_pattern
        variable_reference_pattern left_assignment_list destructured_left_assignment
        right_assignment_list rest_assignment pointer_declarator function_declarator array_declarator
        parenthesized_declarator reference_declarator attributed_declarator variadic_declarator
        structured_binding_declarator abstract_pointer_declarator abstract_function_declarator
        abstract_array_declarator abstract_parenthesized_declarator abstract_reference_declarator
        pointer_type_declarator new_declarator bitfield_clause subscript_argument_list
        bracketed_argument_list computed_property_name declaration_expression nested_namespace_specifier
        operator_cast gnu_asm_output_operand_list gnu_asm_output_operand gnu_asm_input_operand_list
        gnu_asm_input_operand gnu_asm_clobber_list gnu_asm_goto_list by_ref argument_placeholder
        variadic_placeholder text text_interpolation sentinel_error forward_argument simple_expansion
        expansion arithmetic_expansion
    """
)
"""Parts of other nodes: they have no meaning of their own."""

COMMON_KINDS = dict.fromkeys(sorted(_TOKENS), "token") | table(
    module="""
        module program translation_unit source_file compilation_unit namespace_definition
        namespace_declaration file_scoped_namespace_declaration internal_module mod_item
        package_declaration package_clause module_declaration foreign_mod_item
    """,
    class_="""
        class_definition class_declaration class abstract_class_declaration struct_item struct_specifier
        class_specifier union_item union_specifier struct_declaration record_declaration impl_item
        struct_type singleton_class anonymous_class
    """,
    interface="""
        interface_declaration trait_item trait_declaration interface_type annotation_type_declaration
        concept_definition
    """,
    enum="enum_declaration enum_item enum_specifier",
    function="""
        function_definition function_declaration function_item function_signature_item
        function_signature generator_function_declaration local_function_statement
    """,
    method="""
        method_definition method_declaration method_signature abstract_method_signature
        constructor_declaration compact_constructor_declaration destructor_declaration
        operator_declaration conversion_operator_declaration indexer_declaration accessor_declaration
        method singleton_method method_elem call_signature construct_signature index_signature
        annotation_type_element_declaration property_hook
    """,
    field="""
        field_declaration field_definition public_field_definition property_signature
        property_declaration property_element enum_constant enum_variant enumerator
        enum_member_declaration enum_case enum_assignment event_declaration event_field_declaration
        property_promotion_parameter const_element
    """,
    variable="""
        variable_declarator const_spec var_spec const_item static_item let_declaration
        local_variable_declaration lexical_declaration variable_declaration const_declaration
        var_declaration constant_declaration declaration init_declarator short_var_declaration
        local_declaration_statement global_statement nonlocal_statement global_declaration
        variable_assignment static_variable_declaration function_static_declaration using_declaration
        declaration_command var_spec_list variable_assignments
    """,
    parameter="""
        default_parameter typed_parameter typed_default_parameter keyword_separator positional_separator
        formal_parameter spread_parameter receiver_parameter required_parameter optional_parameter
        parameter_declaration variadic_parameter_declaration optional_parameter_declaration parameter
        self_parameter variadic_parameter simple_parameter type_parameter_declaration
        optional_type_parameter_declaration variadic_type_parameter_declaration
        template_template_parameter_declaration type_parameter constrained_type const_parameter
        lifetime_parameter implicit_parameter block_parameter splat_parameter hash_splat_parameter
        keyword_parameter forward_parameter destructured_parameter parameters formal_parameters
        parameter_list lambda_parameters type_parameters type_parameter_list template_parameter_list
        method_parameters block_parameters bracketed_parameter_list closure_parameters
        inferred_parameters catch_formal_parameter function_pointer_parameter hash_splat_nil
        preproc_params
    """,
    type_alias="""
        type_alias_statement type_alias_declaration type_definition type_item alias_declaration
        type_alias type_spec associated_type delegate_declaration namespace_alias_definition
        type_declaration
    """,
    macro="preproc_def preproc_function_def macro_definition macro_rule",
    identifier="""
        identifier property_identifier private_property_identifier shorthand_property_identifier
        shorthand_property_identifier_pattern statement_identifier field_identifier package_identifier
        namespace_identifier shorthand_field_identifier variable_name dotted_name name constant
        instance_variable class_variable global_variable this self super crate label_name
        blank_identifier metavariable namespace_name special_variable_name discard command_name
        scoped_identifier nested_identifier qualified_identifier qualified_name alias_qualified_name
        dependent_name operator_name destructor_name generic_name template_function template_method
        scope_resolution label lifetime setter relative_scope dynamic_variable_name jsx_namespace_name
        relative_name underscore_pattern undefined
    """,
    member="""
        member_expression field_access selector_expression field_expression member_access_expression
        nullsafe_member_access_expression scoped_property_access_expression
        class_constant_access_expression subscript subscript_expression index_expression array_access
        element_access_expression element_reference slice slice_expression member_binding_expression
        element_binding_expression conditional_access_expression optional_chain meta_property
        field_designator subscript_designator subscript_range_designator range_expression range
    """,
    call="""
        call call_expression method_invocation invocation_expression new_expression
        object_creation_expression explicit_constructor_invocation function_call_expression
        member_call_expression nullsafe_member_call_expression scoped_call_expression macro_invocation
        implicit_object_creation_expression array_creation_expression
        anonymous_object_creation_expression constructor_initializer primary_constructor_base_type
        command generic_function stackalloc_expression implicit_stackalloc_expression
        implicit_array_creation_expression
    """,
    type_ref="""
        type type_identifier primitive_type generic_type union_type member_type type_annotation
        predefined_type array_type function_type pointer_type slice_type map_type channel_type
        qualified_type scoped_type_identifier nested_type_identifier type_arguments type_argument_list
        template_type template_argument_list type_descriptor sized_type_specifier integral_type
        floating_point_type boolean_type void_type annotated_type type_list wildcard type_bound
        superclass super_interfaces extends_interfaces class_heritage extends_clause implements_clause
        extends_type_clause base_class_clause base_list base_clause class_interface_clause
        reference_type dynamic_type abstract_type tuple_type unit_type never_type bounded_type
        trait_bounds type_binding where_clause where_predicate higher_ranked_trait_bound
        removed_trait_bound bracketed_type generic_type_with_turbofish for_lifetimes nullable_type
        ref_type scoped_type implicit_type function_pointer_type named_type optional_type
        intersection_type bottom_type cast_type disjunctive_normal_form_type object_type literal_type
        lookup_type conditional_type infer_type readonly_type rest_type parenthesized_type
        template_literal_type this_type type_query index_type_query existential_type flow_maybe_type
        constructor_type type_predicate asserts mapped_type_clause constraint default_type
        type_predicate_annotation asserts_annotation opting_type_annotation omitting_type_annotation
        adding_type_annotation type_elem negated_type type_constraint implicit_length_array_type
        type_instantiation_expression placeholder_type_specifier auto decltype dependent_type
        trailing_return_type type_parameter_constraint type_parameter_constraints_clause
        constructor_constraint permits throws catch_type use_bounds macro_type_specifier splat_type
        requires_clause requires_expression constraint_conjunction constraint_disjunction
        requirement_seq simple_requirement type_requirement compound_requirement
        instantiation_expression
    """,
    import_="""
        import_statement import_from_statement future_import_statement import_declaration import_spec
        import_spec_list import_clause import_specifier named_imports namespace_import
        import_require_clause import_alias use_declaration use_list use_as_clause use_wildcard
        scoped_use_list extern_crate_declaration preproc_include import using_directive
        extern_alias_directive namespace_use_declaration namespace_use_clause namespace_use_group
        aliased_import wildcard_import relative_import import_prefix include_expression
        include_once_expression require_expression require_once_expression asterisk dot import_attribute
        requires_module_directive opens_module_directive uses_module_directive provides_module_directive
        use_instead_of_clause
    """,
    export="export_statement export_clause export_specifier namespace_export exports_module_directive",
    conditional="""
        if_statement elif_clause else_clause if_clause match_statement case_clause switch_statement
        switch_expression switch_case switch_default switch_body switch_block
        switch_block_statement_group switch_label switch_rule case_statement default_statement
        conditional_expression ternary_expression if_expression match_expression match_arm match_block
        expression_switch_statement expression_case type_switch_statement type_case default_case
        select_statement communication_case switch_section switch_expression_arm when_clause if unless
        elsif else case when then case_match in_clause in if_modifier unless_modifier if_guard
        unless_guard conditional case_item else_if_clause match_condition_list
        match_conditional_expression match_default_expression let_condition let_chain guard case_pattern
        condition_clause match_pattern
    """,
    loop="""
        for_statement while_statement do_statement for_in_statement for_in_clause enhanced_for_statement
        for_expression while_expression loop_expression for_range_loop range_clause for_clause
        foreach_statement for while until while_modifier until_modifier c_style_for_statement do_group
    """,
    jump="""
        break_statement continue_statement goto_statement break_expression continue_expression
        fallthrough_statement break next redo retry labeled_statement pass_statement
    """,
    return_="""
        return_statement return_expression yield yield_expression yield_statement return
        co_return_statement co_yield_statement
    """,
    try_="""
        try_statement except_clause finally_clause catch_clause try_with_resources_statement try_block
        try_expression rescue rescue_modifier ensure begin catch_declaration catch_filter_clause
        seh_try_statement seh_except_clause seh_finally_clause seh_leave_statement defer_statement
        with_statement with_clause with_item using_statement resource resource_specification
        lock_statement synchronized_statement exceptions exception_variable error_suppression_expression
    """,
    throw="raise_statement throw_statement throw_expression assert_statement static_assert_declaration",
    async_="""
        await await_expression async_block go_statement send_statement receive_statement
        co_await_expression gen_block
    """,
    assignment="""
        assignment augmented_assignment assignment_expression augmented_assignment_expression
        named_expression assignment_statement inc_statement dec_statement update_expression
        compound_assignment_expr operator_assignment reference_assignment_expression delete_statement
        unset_statement unset_command undef
    """,
    operator="""
        binary_operator unary_operator boolean_operator not_operator comparison_operator
        binary_expression unary_expression instanceof_expression cast_expression as_expression
        satisfies_expression type_assertion type_assertion_expression non_null_expression
        type_conversion_expression type_cast_expression sizeof_expression alignof_expression
        offsetof_expression pointer_expression comma_expression sequence_expression is_expression
        is_pattern_expression prefix_unary_expression postfix_unary_expression typeof_expression
        default_expression binary unary unary_op_expression reference_expression chevron spread_element
        list_splat dictionary_splat parenthesized_list_splat variadic_argument variadic_unpacking
        splat_argument hash_splat_argument checked_expression clone_expression delete_expression
        fold_expression parameter_pack_expansion postfix_expression negated_command print_intrinsic
        ref_expression makeref_expression reftype_expression refvalue_expression with_expression
        noexcept generic_expression extension_expression class_literal alignas_qualifier operator
        test_operator pipeline operation
    """,
    lambda_="""
        lambda arrow_function function_expression generator_function lambda_expression func_literal
        closure_expression anonymous_function anonymous_method_expression method_reference do_block
        block_argument arrow_expression_clause lambda_capture_specifier lambda_capture_initializer
        lambda_default_capture anonymous_function_use_clause
    """,
    collection="""
        list tuple set dictionary list_comprehension set_comprehension dictionary_comprehension
        generator_expression pair expression_list array object array_initializer composite_literal
        literal_value keyed_element literal_element initializer_list initializer_pair
        compound_literal_expression array_expression tuple_expression struct_expression
        field_initializer_list field_initializer shorthand_field_initializer base_field_initializer
        initializer_expression hash array_element_initializer string_array symbol_array
        element_value_array_initializer element_value_pair collection_expression collection_element
        expression_element query_expression from_clause select_clause group_clause join_clause
        join_into_clause let_clause order_by_clause with_initializer unit_expression list_literal
        tuple_element brace_expression enumerator_list enum_variant_list jsx_element
        jsx_self_closing_element jsx_opening_element jsx_closing_element jsx_attribute jsx_expression
    """,
    string="""
        string concatenated_string template_string string_literal raw_string_literal char_literal
        character_literal interpreted_string_literal rune_literal verbatim_string_literal
        interpolated_string_expression encapsed_string heredoc nowdoc heredoc_body nowdoc_body
        raw_string ansi_c_string translated_string bare_string chained_string character regex
        system_lib_string shell_command_expression concatenation jsx_text word template_expression
        user_defined_literal
    """,
    number="""
        integer float number number_literal int_literal float_literal imaginary_literal
        decimal_integer_literal hex_integer_literal octal_integer_literal binary_integer_literal
        decimal_floating_point_literal hex_floating_point_literal integer_literal real_literal rational
        complex negative_literal
    """,
    atom="""
        true false none null nil null_literal boolean_literal boolean ellipsis iota simple_symbol
        delimited_symbol bare_symbol hash_key_symbol line file encoding extglob_pattern
    """,
    comment="""
        comment line_comment block_comment doc_comment html_comment hash_bang_line shebang
        shebang_directive
    """,
    annotation="""
        decorator annotation marker_annotation annotation_argument_list attribute_list attribute_item
        attribute_declaration attribute_specifier attributed_statement attribute_group
        inner_attribute_item attribute attribute_argument attribute_argument_list
        attribute_target_specifier global_attribute modifiers modifier visibility_modifier
        accessibility_modifier override_modifier storage_class_specifier type_qualifier access_specifier
        virtual_specifier function_modifiers extern_modifier mutable_specifier
        explicit_function_specifier static_modifier abstract_modifier final_modifier readonly_modifier
        var_modifier reference_modifier requires_modifier ms_declspec_modifier ms_based_modifier
        ms_call_modifier ms_pointer_modifier ms_restrict_modifier ms_signed_ptr_modifier
        ms_unaligned_ptr_modifier ms_unsigned_ptr_modifier gnu_asm_qualifier throw_specifier
        ref_qualifier calling_convention explicit_interface_specifier
    """,
    directive="""
        preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef preproc_call
        preproc_directive preproc_arg preproc_defined preproc_define preproc_undef preproc_region
        preproc_endregion preproc_pragma preproc_error preproc_warning preproc_line preproc_nullable
        preproc_if_in_attribute_list linkage_specification declare_statement declare_directive php_tag
        php_end_tag template_instantiation uninterpreted
    """,
    block="""
        block class_body statement_block declaration_list compound_statement field_declaration_list
        enum_body interface_body constructor_body annotation_type_body enum_body_declarations
        accessor_list enum_member_declaration_list enum_declaration_list body_statement block_body
        begin_block end_block do static_initializer class_static_block unsafe_block const_block
        colon_block ordered_field_declaration_list subshell command_substitution process_substitution
        property_hook_list statement_list module_body parenthesized_statements
    """,
    statement="""
        expression_statement empty_statement print_statement exec_statement debugger_statement
        echo_statement exit_statement checked_statement unsafe_statement fixed_statement
        named_label_statement decorated_definition ambient_declaration template_declaration
        friend_declaration redirected_statement test_command alias init_statement default_method_clause
        delete_method_clause pure_virtual_clause gnu_asm_expression
    """,
    error="ERROR",
)
