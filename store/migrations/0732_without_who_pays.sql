-- What documents tell of their buyer besides: its SIRET and service, its mandate and account. They go with the rest of it.
CREATE OR REPLACE FUNCTION billing.without_persons(document jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT document
        || jsonb_build_object(
            'buyer', document -> 'buyer' || '{"name": "—", "siren": "", "street": "", "postcode": "", "city": "",
                "vat_number": "", "email": "", "legal": "", "iban": "", "delivery": ""}'
                || coalesce((SELECT jsonb_object_agg(key, '') FROM jsonb_object_keys(document -> 'buyer') AS key
                              WHERE key IN ('siret', 'service_code', 'commitment', 'mandate', 'bic', 'phone')), '{}'),
            'usage', document -> 'usage' || '{"agents": []}',
            'lines', (SELECT coalesce(jsonb_agg(CASE WHEN line ->> 'source' IN ('usage', 'rounding', 'top_up') THEN line
                                 ELSE line || '{"name": "—", "detail": ""}' END ORDER BY place), '[]')
                        FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY AS l (line, place)))
        || CASE WHEN document ? 'means'
                THEN jsonb_build_object('means', document -> 'means' || '{"mandate": "", "account": ""}')
                ELSE '{}' END
$$;
